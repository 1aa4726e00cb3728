"""The addresses of the pages."""

from django.urls import path, re_path

from explorer.views import (
    before,
    downloads,
    errors,
    list_rows,
    lists,
    method,
    monitor,
    navigation,
    result_cutouts,
    result_flags,
    result_plot,
    result_table,
    results,
    sharing,
    sky,
    submission,
    titles,
    uploads,
)
from explorer.views.help import help_page
from jobs.visitors import claim

_TARGET = "jobs/<str:job_id>/targets/<int:index>/"

urlpatterns = [
    path("", submission.new_job, name="new_job"),
    path("position", submission.position_feedback, name="position_feedback"),
    path("time", submission.time_feedback, name="time_feedback"),
    path("jobs/", monitor.jobs, name="jobs"),
    path("jobs/rows", monitor.job_rows, name="job_rows"),
    path("jobs/<str:job_id>/", monitor.job, name="job"),
    path("jobs/<str:job_id>/status", monitor.job_status, name="job_status"),
    path("jobs/<str:job_id>/cancel", monitor.cancel, name="cancel_job"),
    path("jobs/<str:job_id>/delete", uploads.delete, name="delete_upload"),
    path("jobs/<str:job_id>/results/", results.results, name="results"),
    path("jobs/<str:job_id>/target-list", results.target_list, name="target_list"),
    path(f"{_TARGET}head", results.head, name="results_head"),
    path(f"{_TARGET}about", results.about, name="results_about"),
    path(f"{_TARGET}flags", result_flags.flags, name="result_flags"),
    path(f"{_TARGET}flags/row", result_flags.flags_of_row, name="result_flags_of_row"),
    path(f"{_TARGET}checks", result_flags.checks, name="result_checks"),
    path("upload/", uploads.upload, name="upload"),
    path(f"{_TARGET}cutouts", result_cutouts.result_cutouts, name="cutouts"),
    path(f"{_TARGET}figure", result_plot.figure, name="plot_figure"),
    path(f"{_TARGET}points", result_plot.points, name="plot_points"),
    path(f"{_TARGET}plot.html", result_plot.plot_file, name="plot_file"),
    path(f"{_TARGET}multiples", result_plot.multiples, name="plot_multiples"),
    path(f"{_TARGET}spectra", result_plot.spectra, name="plot_spectra"),
    path(f"{_TARGET}blend", result_plot.blend, name="plot_blend"),
    path("jobs/<str:job_id>/targets", downloads.targets_file, name="targets_file"),
    path("jobs/<str:job_id>/share", sharing.share, name="share"),
    path("jobs/<str:job_id>/share/revoke", sharing.revoke, name="revoke_links"),
    path(f"{_TARGET}spectrum", downloads.spectrum_file, name="spectrum_file"),
    path(f"{_TARGET}download", downloads.download, name="download"),
    path(f"{_TARGET}download/plan", downloads.download_plan, name="download_plan"),
    path(f"{_TARGET}links", sharing.file_links, name="file_links"),
    path("shared/<str:token>/", sharing.shared, name="shared"),
    path("files/<str:token>/<str:file_name>", downloads.linked_file, name="linked_file"),
    path(f"{_TARGET}table", result_table.table, name="result_table"),
    path(f"{_TARGET}statistics", result_table.statistics, name="result_statistics"),
    path(f"{_TARGET}check_expression", result_table.check_expression, name="check_expression"),
    path("lists/", lists.lists, name="lists"),
    path("lists/<str:list_id>/summary", lists.summary, name="list_summary"),
    path("lists/<str:list_id>/delete", lists.delete, name="delete_list"),
    path("lists/<str:list_id>/leave-out", lists.leave_out, name="leave_out_of_list"),
    path("lists/<str:list_id>/mapping", list_rows.mapping, name="list_mapping"),
    path("lists/<str:list_id>/rows", list_rows.rows, name="list_rows"),
    path("lists/<str:list_id>/rows/<int:row>", list_rows.row, name="list_row"),
    path("lists/<str:list_id>/positions", list_rows.positions, name="list_positions"),
    path("lists/<str:list_id>/report", list_rows.report, name="list_report"),
    path("lists/<str:list_id>/resolve", list_rows.resolve, name="list_resolve"),
    path("estimate", before.estimate_job, name="estimate"),
    path("preview", before.preview_target, name="preview"),
    path("neighbours", before.neighbours, name="neighbours"),
    path("jobs/<str:job_id>/title", titles.rename, name="rename_job"),
    path("method/", method.method, name="method"),
    # The tabs and Help
    path("jobs/activity", navigation.activity, name="activity"),
    path("results/", navigation.latest, name="latest_result"),
    path("help/", help_page, name="help"),
    path("claim/<str:token>", claim, name="claim"),
]

urlpatterns += [
    re_path(r"^sky/coverage/(?P<which>all|deep)\.json$", sky.coverage_map, name="sky_coverage"),
    path("sky/footprints", sky.footprints, name="sky_footprints"),
    path("sky/hips/properties", sky.hips_properties, name="sky_hips_properties"),
    path("sky/hips/Moc.fits", sky.hips_moc, name="sky_hips_moc"),
    path("sky/hips/Norder3/Allsky.png", sky.hips_whole_sky, name="sky_hips_whole_sky"),
    path(
        "sky/hips/Norder<int:order>/Dir<int:folder>/Npix<int:index>.png",
        sky.hips_tile,
        name="sky_tile",
    ),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
