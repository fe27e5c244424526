from django.urls import path

from partners import views

app_name = "partners"

# /
urlpatterns = [
    path("company/", views.choose_company, name="choose-company"),
]
