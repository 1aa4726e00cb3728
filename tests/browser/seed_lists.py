"""Lists of targets, put into the database of the site whose environment this runs in.

Usage: ``python -m tests.browser.seed_lists JOB``: the owner of a job gets the lists. Prints their
ids by name as JSON.
"""

import json
import sys

import django

django.setup()

from jobs.models import Job  # noqa: E402 settings must be there first
from jobs.target_lists import open_list  # noqa: E402

GOOD = "\n".join(
    f"star {i},{(10 + i * 0.37) % 360:.6f},{-60 + i * 0.025:.6f},{15 + i % 7}" for i in range(5000)
)
BAD = """name,ra,dec,mag
first,10.684708,41.268750,3.4
second,about ten,41.3,9.1
third,202.469575,95.5,8.4
=1+1,40.669629,-0.013281,8.9
<b>bold</b>,189.998958,-11.623056,8.0
last,148.88822,69.0653,6.9
"""
MANY_COLUMNS = ",".join(["name", "ra", "dec", *(f"flux_{i}" for i in range(40))])
HOURS = "id,RAJ2000,DEJ2000\na,12.66651,-11.62306\nb,2.711308,-0.01328\n"
LON_LAT = "id,lon,lat,n,e,pa,re\na,312.1,5.2,2,0.3,20,3\nb,314.1,5.3,2,0.4,20,3\n"
NAMES = "object\nM 81\nNGC 1068\nnobody 7\n3C 273\nM 81\n"
GALAXIES = """name,ra,dec,n,q,pa,re
good,150.1,2.2,4,0.6,30,3.5
round,150.2,2.25,1,1,0,2
steep,150.3,2.3,9,0.5,10,3
flat,150.4,2.35,2,2.3,10,3
large,150.5,2.4,2,0.5,720,35
no n,150.6,2.45,,0.5,10,3
"""
# Nothing of it is asked.
SHAPES = """id,ra,dec,sersic_n,b/a,pa_deg,re_arcsec
first,110.1,2.2,4,0.6,30,3.5
second,110.2,2.25,1,0.9,10,2
"""
# Three pages of rows; the second and the third row have errors.
PLACES = [(f"p {i}", f"{10 + i}.5", f"{-60 + i * 0.4:.1f}") for i in range(250)]
PLACES[1] = ("p 1", "about ten", "41.3")
PLACES[249] = ("last", *PLACES[249][1:])
PLACES[2] = ("p 2", "202.5", "95.5")
LOST = "object,lost\nM 81,1\nNGC 1068,2\n"
FIELDS = "".join(
    f'<FIELD name="{name}" datatype="double" unit="deg" ucd="pos.eq.{name};meta.main"/>'
    for name in ("ra", "dec")
)
ROWS = "".join(
    f"<TABLE>{FIELDS}<DATA><TABLEDATA><TR><TD>{i}</TD><TD>2</TD></TR></TABLEDATA></DATA></TABLE>"
    for i in range(100, 108)
)
LISTS = {
    "hours": HOURS,
    "lonlat": LON_LAT,
    "names": NAMES,
    "galaxies": GALAXIES,
    "good": f"name,ra,dec,mag\n{GOOD}\n",
    "bad": BAD,
    "typed": SHAPES.replace("id", "typed"),
    "changed": SHAPES.replace("id", "changed"),
    "asked": LON_LAT.replace("id", "asked"),
    "hurried": BAD.replace("name", "hurried"),
    "fixed": SHAPES.replace("id", "fixed"),
    "places": "name,ra,dec\n" + "".join(f"{','.join(place)}\n" for place in PLACES),
    "lost": LOST,
    "tables": f'<VOTABLE xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>{ROWS}</RESOURCE></VOTABLE>',
    "wide": f"{MANY_COLUMNS}\nonly,110.5,-5.25{',7' * 40}\n",
}


def seed(owner):
    return {
        name: open_list(
            owner=owner, file_name=f"{name}.csv", source="file", pieces=[text.encode()]
        ).pk
        for name, text in LISTS.items()
    }


if __name__ == "__main__":
    json.dump(seed(Job.objects.get(pk=sys.argv[1]).owner), sys.stdout)
