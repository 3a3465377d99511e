"""Operation to handler: the contents page of the data plane."""

from openward.gateway.wiring import Route
from openward.wire.tidepool.auth import identify_link_or_session, identify_nobody
from openward.wire.tidepool.data import clock, data_sets, export, pushed, query, report, sources, upload
from openward.wire.tidepool.errors import data

_TIME = {
    "summary": "The server's time",
    "responses": {"200": {"description": "`{data: {time}}`, RFC 3339 with milliseconds"}},
}
_SOURCE_OF = {
    "summary": "The data source of a provider session",
    "responses": {"200": {"description": "The data source"}, "404": {"description": "No such session or source"}},
    "security": [{"serverToken": []}],
}
_INFO = {
    "summary": "Which uploaders this server takes",
    "responses": {"200": {"description": "`{versions: {schema, uploaderMinimum}}`"}},
}

ROUTES: list[Route] = [
    Route("POST", "/v1/users/{userId}/datasets", data_sets.create, "data.v1:CreateDataSet", render=data),
    Route("POST", "/v1/users/{userId}/data_sets", data_sets.create, "data.v1:CreateDataSet2", render=data),
    Route("GET", "/v1/users/{userId}/datasets", data_sets.list_wrapped, "data.v1:GetUserDataSets", render=data),
    Route("GET", "/v1/users/{userId}/data_sets", data_sets.list_bare, "data.v1:ListDataSets", render=data),
    Route("DELETE", "/v1/users/{userId}/data", data_sets.delete_all, "data.v1:DeleteAllUserData", render=data),
    Route("GET", "/v1/data_sets/{dataSetId}", data_sets.get, "data.v1:GetDataSet", render=data),
    Route("GET", "/v1/datasets/{dataSetId}", data_sets.get, "data.v1:GetDataSet", render=data),
    Route("PUT", "/v1/data_sets/{dataSetId}", data_sets.update, "data.v1:UpdateDataSet2", render=data),
    Route("PUT", "/v1/datasets/{dataSetId}", data_sets.update, "data.v1:UpdateDataSet", render=data),
    Route("DELETE", "/v1/data_sets/{dataSetId}", data_sets.delete, "data.v1:DeleteDataSet2", render=data),
    Route("DELETE", "/v1/datasets/{dataSetId}", data_sets.delete, "data.v1:DeleteDataSet", render=data),
    Route("POST", "/v1/data_sets/{dataSetId}/data", upload.append, "data.v1:UploadDataToDataSet2", render=data),
    Route("POST", "/v1/datasets/{dataSetId}/data", upload.append, "data.v1:UploadDataToDataSet", render=data),
    Route("DELETE", "/v1/data_sets/{dataSetId}/data", upload.withdraw, "data.v1:DeleteDataSetData", render=data),
    Route("DELETE", "/v1/datasets/{dataSetId}/data", upload.withdraw, "data.v1:DeleteDataSetData", render=data),
    Route(
        "POST",
        "/v1/partners/twiist/data/{linkId}",
        pushed.take,
        "data.v1:UploadTwiistData",
        identify=pushed.identify_twiist,
        render=data,
    ),
    Route(
        "DELETE",
        "/v1/partners/twiist/links/{linkId}",
        pushed.unlink,
        describe=pushed.UNLINK,
        identify=pushed.identify_twiist,
        render=data,
    ),
    Route("POST", "/data/{userId}", upload.older, "data.v1:UploadData", render=data),
    Route(
        "GET",
        "/data/{userId}",
        query.get,
        "data.v1:GetData",
        identify=identify_link_or_session,
        render=query.render,
    ),
    Route(
        "GET",
        "/export/{userId}",
        export.get,
        "export.v1:ExportUserData",
        identify=identify_link_or_session,
        render=data,
    ),
    Route(
        "GET",
        "/export/report/{userId}",
        report.get,
        describe=report.DESCRIPTION,
        identify=identify_link_or_session,
        render=data,
    ),
    Route("GET", "/v1/users/{userId}/data_sources", sources.list_of, "data.v1:ListDataSources", render=data),
    Route("POST", "/v1/users/{userId}/data_sources", sources.create, "data.v1:CreateDataSource", render=data),
    Route("DELETE", "/v1/users/{userId}/data_sources", sources.delete_all, "data.v1:DeleteAllDataSources", render=data),
    Route("GET", "/v1/data_sources/{dataSourceId}", sources.get, "data.v1:GetDataSource", render=data),
    Route("PUT", "/v1/data_sources/{dataSourceId}", sources.update, "data.v1:UpdateDataSource", render=data),
    Route("DELETE", "/v1/data_sources/{dataSourceId}", sources.delete, "data.v1:DeleteDataSource", render=data),
    *(
        Route(
            "GET",
            f"{prefix}/v1/provider_sessions/{{sessionId}}/data_source",
            sources.of_session,
            describe=_SOURCE_OF,
            render=data,
        )
        for prefix in ("", "/auth")
    ),
    Route("GET", "/v1/time", clock.time, describe=_TIME, identify=identify_nobody, render=data),
    Route("GET", "/info", clock.info, describe=_INFO, identify=identify_nobody, render=data),
]
