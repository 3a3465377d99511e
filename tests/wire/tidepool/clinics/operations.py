"""Every operation of the Clinics API: who may call it, and what a success is answered with.

Callers: S a service, U any signed-in person, M a member and A an admin of the clinic in the path, P and self the person
whom the path names, R Redox, X Xealth, T whoever has a link to the report. Words in braces are made by `ground.Ground`
anew for each call, in the path and in the body alike.
"""

from dataclasses import dataclass
from typing import Any

CLINIC = {"name": "Elm", "preferredBgUnits": "mg/dL"}
PATIENT = {"fullName": "Pat Smith", "birthDate": "1990-02-03"}
EHR = {
    "enabled": True,
    "provider": "redox",
    "sourceId": "{source}",
    "mrnIdType": "MRN",
    "procedureCodes": {"createAccountAndEnableReports": "42"},
    "scheduledReports": {"onUploadEnabled": True, "cadence": "14d"},
    "tags": {},
    "flowsheets": {"icode": False},
}
XEALTH = {
    "deployment": "{deployment}",
    "programId": "program-1",
    "patientIdentity": {"ids": [{"type": "mrn", "id": "{mrn}"}]},
    "datasets": {
        "demographicsV1": {"birthDate": "1990-02-03", "name": {"given": ["Pat"], "family": ["Smith"]}, "telecom": []}
    },
}
PREORDER = XEALTH | {"eventType": "preorder", "eventContext": "initial"}
# Redox shows its token in a header, and to verify us in the body.
CHALLENGE = {"verification-token": "{redox_token}", "challenge": "why"}
REPORT = "clinicId={xealth_clinic}&patientId={reported_patient}&restricted_token={link}"
MATCH = {"messageRef": {"dataModel": "Order", "eventType": "New", "documentId": "{order}"}}
TIDE = "period=14d&tags={tag}&lastDataCutoff=2024-01-01T00:00:00Z"
LABEL = {"name": "Renamed"}


@dataclass(frozen=True)
class Operation:
    """One row; `success` with several codes means that each is right."""

    method: str
    path: str
    name: str
    callers: frozenset[str]
    success: int
    body: Any = None


def _row(method: str, path: str, name: str, callers: str, success: int, body: Any = None) -> Operation:
    return Operation(
        method, path.replace("/v1/c/", "/v1/clinics/{clinic}/"), name, frozenset(callers.split()), success, body
    )


OPERATIONS = [
    _row("GET", "/v1/clinics", "ListClinics", "S", 200),
    _row("POST", "/v1/clinics", "CreateClinic", "U", 200, CLINIC),
    _row("GET", "/v1/clinics/share_code/{share_code}", "GetClinicByShareCode", "U S", 200),
    _row("GET", "/v1/clinics/{clinic}", "GetClinic", "U S", 200),
    _row("PUT", "/v1/clinics/{clinic}", "UpdateClinic", "A S", 200, CLINIC),
    _row("DELETE", "/v1/clinics/{clinic}", "DeleteClinic", "A S", 204),
    _row("GET", "/v1/c/clinicians", "ListClinicians", "M S", 200),
    _row(
        "POST",
        "/v1/c/clinicians",
        "CreateClinician",
        "S",
        200,
        {"id": "{newcomer}", "email": "{address}", "roles": ["CLINIC_MEMBER"]},
    ),
    _row("GET", "/v1/c/clinicians/{colleague}", "GetClinician", "M S", 200),
    _row(
        "PUT",
        "/v1/c/clinicians/{colleague}",
        "UpdateClinician",
        "A S",
        200,
        {"email": "{address}", "roles": ["CLINIC_ADMIN"]},
    ),
    _row("DELETE", "/v1/c/clinicians/{colleague}", "DeleteClinician", "A S self", 200),
    _row("GET", "/v1/clinicians/{colleague}/clinics", "ListClinicsForClinician", "self S", 200),
    _row("GET", "/v1/clinicians", "ListAllClinicians", "S", 200),
    _row(
        "POST",
        "/v1/c/service_accounts",
        "AddServiceAccount",
        "S",
        200,
        {"name": "Lab", "client_id": "{client_id}", "client_secret": "{client_secret}"},
    ),
    _row(
        "POST",
        "/v1/c/invites/clinicians",
        "InviteClinician",
        "A S",
        200,
        {"email": "{address}", "roles": ["CLINIC_MEMBER"]},
    ),
    _row("PATCH", "/v1/c/invites/clinicians/{sent_invite}", "ResendInvite", "A S", 200),
    _row("DELETE", "/v1/c/invites/clinicians/{sent_invite}", "DeleteInvite", "A S", 200),
    _row("GET", "/v1/c/invites/clinicians/{sent_invite}", "GetClinicianInvite", "A S", 200),
    _row(
        "PATCH",
        "/v1/c/invites/clinicians/{sent_invite}/clinician",
        "AssociateClinicianToUser",
        "S",
        200,
        {"userId": "{newcomer}"},
    ),
    _row("DELETE", "/v1/c/invites/clinicians/{sent_invite}/clinician", "DeleteInvitedClinician", "S", 200),
    _row("GET", "/v1/c/invites/clinicians/{sent_invite}/clinician", "GetInvitedClinician", "S", 200),
    _row("GET", "/v1/c/invites/patients", "GetPatientInvites", "M S", 200),
    _row("PUT", "/v1/c/invites/patients/{patient_invite}", "AcceptPatientInvitation", "M S", 200, {}),
    _row("GET", "/v1/clinicians/{invitee}/invites", "ListClinicianInvites", "self", 200),
    _row("DELETE", "/v1/clinicians/{invitee}/invites/{own_invite}", "DismissClinicianInvite", "self", 200),
    _row("PUT", "/v1/clinicians/{invitee}/invites/{own_invite}", "AcceptClinicianInvite", "self", 200),
    _row("GET", f"/v1/c/tide_report?{TIDE}", "TideReport", "M S", 200),
    _row("GET", "/v1/c/patients", "ListPatients", "M S", 200),
    _row("POST", "/v1/c/patients", "CreatePatientAccount", "M S", 200, PATIENT),
    _row("GET", "/v1/c/patients/{patient}", "GetPatient", "M S", 200),
    _row("POST", "/v1/c/patients/{newcomer}", "CreatePatientFromUser", "S", 200, {"permissions": {"view": {}}}),
    _row("PUT", "/v1/c/patients/{patient}", "UpdatePatient", "M S", 200, PATIENT),
    _row("DELETE", "/v1/c/patients/{patient}", "DeletePatient", "A P", 204),
    _row("PUT", "/v1/c/patients/{patient}/reviews", "UpdatePatientReviews", "M", 200),
    _row("DELETE", "/v1/c/patients/{reviewed_patient}/reviews", "DeletePatientReviews", "M", 200),
    _row("PUT", "/v1/c/patients/{patient}/permissions", "UpdatePatientPermissions", "P", 200, {"view": {}}),
    _row("DELETE", "/v1/c/patients/{patient}/permissions/view", "DeletePatientPermission", "P", 204),
    _row("DELETE", "/v1/c/patients/{kept_patient}/permissions/custodian", "DeletePatientPermission", "P S", 204),
    _row("GET", "/v1/patients/{patient}/clinics", "ListClinicsForPatient", "P S", 200),
    _row("POST", "/v1/c/patients/{patient}/upload_reminder", "SendUploadReminder", "M", 200),
    _row("GET", "/v1/patients", "FindPatients", "U", 200),
    _row("POST", "/v1/c/patients/{connecting_patient}/connect/dexcom", "ConnectProvider", "M S", 204),
    _row("POST", "/v1/c/patient_tags", "CreatePatientTag", "M S", 200, LABEL),
    _row("PUT", "/v1/c/patient_tags/{tag}", "UpdatePatientTag", "M S", 200, LABEL),
    _row("DELETE", "/v1/c/patient_tags/{tag}", "DeletePatientTag", "A S", 204),
    _row("POST", "/v1/c/patient_tags/{tag}/site", "ConvertPatientTagToSite", "S", 200),
    _row("POST", "/v1/c/patients/assign_tag/{tag}", "AssignPatientTagToClinicPatients", "A S", 200, ["{patient}"]),
    _row("POST", "/v1/c/patients/delete_tag/{tag}", "DeletePatientTagFromClinicPatients", "A S", 200, ["{patient}"]),
    _row("POST", "/v1/c/sites", "CreateSite", "A S", 200, LABEL),
    _row("PUT", "/v1/c/sites/{site}", "UpdateSite", "A S", 200, LABEL | {"id": "{site}"}),
    _row("DELETE", "/v1/c/sites/{site}", "DeleteSite", "A S", 204),
    _row("POST", "/v1/c/sites/{site}/merge", "MergeSite", "S", 200, {"id": "{other_site}"}),
    _row("POST", "/v1/c/tier", "UpdateTier", "S", 200, {"tier": "tier0200"}),
    _row(
        "POST",
        "/v1/c/suppressed_notifications",
        "UpdateSuppressedNotifications",
        "A S",
        200,
        {"suppressedNotifications": {"patientClinicInvitation": True}},
    ),
    _row("GET", "/v1/c/membership_restrictions", "ListMembershipRestrictions", "A S", 200),
    _row(
        "PUT",
        "/v1/c/membership_restrictions",
        "UpdateMembershipRestrictions",
        "S",
        200,
        {"restrictions": [{"emailDomain": "example.org"}]},
    ),
    _row("GET", "/v1/clinics/{ehr_clinic}/settings/ehr", "GetEHRSettings", "M S", 200),
    _row("PUT", "/v1/c/settings/ehr", "UpdateEHRSettings", "S", 200, EHR),
    _row("GET", "/v1/clinics/{mrn_clinic}/settings/mrn", "GetMRNSettings", "M S", 200),
    _row("PUT", "/v1/c/settings/mrn", "UpdateMRNSettings", "S", 200, {"required": False, "unique": True}),
    _row("GET", "/v1/c/settings/patient_count", "GetPatientCountSettings", "M S", 200),
    _row("PUT", "/v1/c/settings/patient_count", "UpdatePatientCountSettings", "S", 200, {"hardLimit": {"plan": 9}}),
    _row("GET", "/v1/c/patient_count", "GetPatientCount", "M S", 200),
    _row("POST", "/v1/c/patient_count/refresh", "RefreshPatientCount", "S", 200),
    _row("DELETE", "/v1/users/{colleague}/clinics", "DeleteUserFromClinics", "S", 200),
    _row("POST", "/v1/users/{patient}/clinics", "UpdateClinicUserDetails", "S", 204, {"email": "{address}"}),
    _row("POST", "/v1/patients/{patient}/summary", "UpdatePatientSummary", "S", 200),
    _row("DELETE", "/v1/summaries/{summary}/clinics", "DeletePatientSummary", "S", 204),
    _row(
        "PUT",
        "/v1/patients/{patient}/data_sources",
        "UpdatePatientDataSources",
        "S",
        200,
        [{"providerName": "dexcom", "state": "pending"}],
    ),
    _row("POST", "/v1/c/migrations", "MigrateLegacyClinicianPatients", "S", 202, {"userId": "{legacy_colleague}"}),
    _row("GET", "/v1/c/migrations", "ListMigrations", "M S", 200),
    _row("POST", "/v1/clinicians/{new_legacy}/migrate", "EnableNewClinicExperience", "S", 200),
    # The admin of a clinic that waits for its migration is the legacy account itself.
    _row(
        "POST",
        "/v1/clinics/{waiting_clinic}/migrate",
        "TriggerInitialMigration",
        "self",
        200,
        {"attestationSubmitted": True},
    ),
    _row("GET", "/v1/c/migrations/{migrating}", "GetMigration", "M S", 200),
    _row("PATCH", "/v1/c/migrations/{migrating}", "UpdateMigration", "S", 200, {"status": "RUNNING"}),
    _row("POST", "/v1/c/reports/merge", "GenerateMergeReport", "S", 200, {"sourceId": "{other_clinic}"}),
    _row("POST", "/v1/c/merge", "MergeClinic", "S", 200, {"sourceId": "{other_clinic}"}),
    _row("POST", "/v1/redox", "ProcessEHRMessage", "R", 200, {"Meta": {"DataModel": "Order", "EventType": "New"}}),
    _row(
        "POST",
        "/v1/redox/verify",
        "VerifyEndpoint",
        "R",
        200,
        CHALLENGE,
    ),
    _row("POST", "/v1/redox/match", "MatchClinicAndPatient", "S", 200, MATCH),
    _row("POST", "/v1/clinics/{ehr_clinic}/ehr/sync", "SyncEHRData", "S", 202),
    _row("POST", "/v1/patients/{subscribed_patient}/ehr/sync", "SyncEHRDataForPatient", "S", 202),
    _row("POST", "/v1/xealth/preorder", "XealthPreorder", "X", 200, PREORDER),
    _row("PUT", "/v1/xealth/programs", "XealthGetPrograms", "X", 200, XEALTH),
    _row("PUT", "/v1/xealth/program", "XealthGetProgramUrl", "X", 200, XEALTH),
    _row(
        "POST",
        "/v1/xealth/notification",
        "XealthNotification",
        "X",
        200,
        {"eventType": "order", "eventContext": "completed"},
    ),
    _row(
        "GET",
        f"/v1/xealth/report/web/viewer.html?{REPORT}",
        "ViewPDFReport",
        "T",
        200,
    ),
]
