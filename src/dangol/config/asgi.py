"""The application an ASGI server runs."""

import os
import warnings

from django.core.asgi import get_asgi_application

# whitenoise hands files over as plain iterators; Django reads them in a thread, which is what we want here
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
application = get_asgi_application()
