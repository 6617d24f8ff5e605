"""Whether an SVG file is a drawing and nothing else, so that a page may show it and link to it.

Allowed is what figures consist of. Scripts, handlers of events, animations (which can set a link), foreign
content, style sheets from elsewhere and references that leave the file are not.
"""

import re
import xml.etree.ElementTree as ElementTree

_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = {"svg", "g", "defs", "title", "desc", "metadata", "style", "symbol", "use", "path", "rect", "circle", "ellipse",
           "line", "polyline", "polygon", "text", "tspan", "clipPath", "mask", "pattern", "marker", "image",
           "linearGradient", "radialGradient", "stop"}
_METADATA = ("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://creativecommons.org/ns#}",
             "{http://purl.org/dc/elements/1.1/}")
_ELSEWHERE = re.compile(r"javascript:|@import|url\((?!\s*['\"]?#)", re.IGNORECASE)


def _is_harmless(element):
    name = element.tag if isinstance(element.tag, str) else ""
    if not name.startswith(_METADATA) and not (name.startswith(_SVG) and name[len(_SVG):] in _SHAPES):
        return False
    if _ELSEWHERE.search(element.text or ""):
        return False
    for key, value in element.attrib.items():
        attribute = key.rpartition("}")[2].lower()
        if attribute.startswith("on") or _ELSEWHERE.search(value):
            return False
        # Of metadata, links name a vocabulary and are not followed.
        if attribute == "href" and not value.startswith(("#", "data:image/png;base64,")):
            return False
    return True


def is_drawing(path):
    """False too for what is no well-formed SVG, and for instructions to a program such as a style sheet's."""
    text = path.read_bytes()
    if re.search(rb"<\?(?!xml\s)|<!ENTITY", text):
        return False
    try:
        return all(_is_harmless(element) for element in ElementTree.fromstring(text).iter())
    except ElementTree.ParseError:
        return False
