"""The whole network as files that anybody can read, and back: the way out that needs nothing of ours on the other side."""

from folkmoot.hosting.export.check import Opening
from folkmoot.hosting.export.read import Imported, import_site
from folkmoot.hosting.export.write import Sealing, Written, export_site

__all__ = ["Imported", "Opening", "Sealing", "Written", "export_site", "import_site"]
