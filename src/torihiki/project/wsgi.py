"""The WSGI entry of both planes; `TORIHIKI_PLANE` picks the URL table."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "torihiki.project.settings")
application = get_wsgi_application()
