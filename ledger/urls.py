from django.urls import path

from ledger import views

app_name = "ledger"

# /
urlpatterns = [
    path("statement/", views.statement, name="statement"),
    path("statement/expiry/", views.expiry, name="expiry"),
    path("statement.pdf", views.statement_file, {"kind": "pdf"}, name="statement-pdf"),
    path("statement.xlsx", views.statement_file, {"kind": "xlsx"}, name="statement-xlsx"),
    path("statement.csv", views.statement_file, {"kind": "csv"}, name="statement-csv"),
    path("statement.json", views.statement_file, {"kind": "json"}, name="statement-json"),
]
