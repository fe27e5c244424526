// Starts whichever reader of the OpenAPI file the page has loaded.
"use strict";

const swagger = document.getElementById("swagger");
if (swagger) {
  SwaggerUIBundle({
    url: swagger.dataset.openapi,
    domNode: swagger,
    deepLinking: true,
    docExpansion: "none",
    tryItOutEnabled: false,
    validatorUrl: null,
    requestInterceptor(request) {
      request.headers["X-CSRFToken"] = swagger.dataset.csrf;
      return request;
    },
  });
}

const redoc = document.getElementById("redoc");
if (redoc) {
  Redoc.init(redoc.dataset.openapi, { disableSearch: true, hideDownloadButton: true }, redoc);
}
