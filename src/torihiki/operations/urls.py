"""Addresses of the console. Names begin with `console-`, but for those that the frame and the desks know."""

from django.urls import path

from torihiki.operations.pages import announcements, companies, health, jobs, signing

urlpatterns = [
    path("", health.health_page, name="home"),
    path("sign-in", signing.sign_in_page, name="sign-in"),
    path("sign-out", signing.sign_out_page, name="sign-out"),
    path("language", signing.language_page, name="language"),
    path("password", signing.password_page, name="console-password"),
    path("live", health.live, name="console-live"),
    path("health.json", health.health_json, name="console-health-json"),
    path("companies", companies.companies_page, name="console-companies"),
    path("companies/open", companies.open_page, name="console-open-company"),
    path("companies/<uuid:company_id>", companies.company_page, name="console-company"),
    path("companies/<uuid:company_id>/invite", companies.invite_page, name="console-invite"),
    path("companies/<uuid:company_id>/suspend", companies.suspend_page, name="console-suspend"),
    path("companies/<uuid:company_id>/resume", companies.resume_page, name="console-resume"),
    path("jobs", jobs.jobs_page, name="console-jobs"),
    path("jobs/<int:job_id>", jobs.job_page, name="console-job"),
    path("jobs/<int:job_id>/retry", jobs.retry_page, name="console-retry-job"),
    path("jobs/<int:job_id>/cancel", jobs.cancel_page, name="console-cancel-job"),
    path("announcements", announcements.announcements_page, name="console-announcements"),
    path("announcements/new", announcements.write_page, name="console-write"),
    path("announcements/<uuid:announcement_id>", announcements.announcement_page, name="console-announcement"),
    path("announcements/<uuid:announcement_id>/edit", announcements.edit_page, name="console-edit"),
    path("announcements/<uuid:announcement_id>/release", announcements.release_page, name="console-release"),
    path("announcements/<uuid:announcement_id>/withdraw", announcements.withdraw_page, name="console-withdraw"),
]
