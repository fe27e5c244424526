from django.urls import path

from ledger import views

app_name = "ledger"

# /
urlpatterns = [
    path("statement/", views.statement, name="statement"),
    path("statement.csv", views.statement_csv, name="statement-csv"),
]
