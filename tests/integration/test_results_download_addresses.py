"""Fixed addresses of files, for scripts."""

import pytest

from explorer.results.save_request import FORMAT_NAMES
from jobs.models import Job
from jobs.phases import Phase
from tests.integration.test_results_download import (
    assert_holds,
    content_of,
    name_of,
)
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("file_format", FORMAT_NAMES)
def test_fixed_addresses_for_scripts(client, complete, file_format):
    spectrum = made_spectrum(8, 1)
    job = complete(spectrum)
    response = client.get(f"/jobs/{job.pk}/targets/0/spectrum?format={file_format}")
    assert_holds(content_of(response), file_format, spectrum, range(9))
    listed = client.get(f"/jobs/{job.pk}/targets?format={file_format}")
    content_of(listed)
    assert "targets" in name_of(listed)


def test_fixed_addresses_say_what_is_wrong(client, complete):
    job = complete(made_spectrum(2, 0))
    response = client.get(f"/jobs/{job.pk}/targets/0/spectrum?fmt=votable")
    assert response.status_code == 400
    assert response.content.decode() == "'fmt' is not known; allowed: format, data, images\n"
    assert client.get(f"/jobs/{job.pk}/targets/1/spectrum").status_code == 404
    assert client.get(f"/jobs/{job.pk}/targets?rows=shown").status_code == 400
    Job.objects.filter(pk=job.pk).update(phase=Phase.EXECUTING)
    assert client.get(f"/jobs/{job.pk}/targets").status_code == 404
