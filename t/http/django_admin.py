"""Django's administration, an application of its own: whoever the header Remote-User names is logged in, and may all.

    django_admin.py PORT DATABASE
"""

import sys
from wsgiref.simple_server import make_server

import django
from django.conf import settings

port, database = int(sys.argv[1]), sys.argv[2]
CONTRIB = "django.contrib."

settings.configure(
    SECRET_KEY="of a test", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True, STATIC_URL="static/",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[CONTRIB + app for app in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")],
    MIDDLEWARE=[CONTRIB + "sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
                CONTRIB + "auth.middleware.AuthenticationMiddleware", __name__ + ".RemoteUser",
                CONTRIB + "messages.middleware.MessageMiddleware"],
    AUTHENTICATION_BACKENDS=[__name__ + ".EveryoneAdministers"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request",
                                                   CONTRIB + "auth.context_processors.auth",
                                                   CONTRIB + "messages.context_processors.messages"]}}])


django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth.backends import RemoteUserBackend  # noqa: E402
from django.contrib.auth.middleware import RemoteUserMiddleware  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402


class RemoteUser(RemoteUserMiddleware):
    header = "HTTP_REMOTE_USER"


class EveryoneAdministers(RemoteUserBackend):

    def configure_user(self, request, user, created=True):
        user.is_staff = user.is_superuser = True
        user.save()
        return user


urlpatterns = [path("", admin.site.urls)]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    make_server("127.0.0.1", port, get_wsgi_application()).serve_forever()
