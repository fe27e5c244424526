from django.urls import path

from partners import views

app_name = "partners"

# /
urlpatterns = [
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("company/details/", views.company, name="company"),
    path("company/", views.choose_company, name="choose-company"),
]
