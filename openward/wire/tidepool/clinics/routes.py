"""Contents: every operation of the Clinics API that is served, and who answers it."""

from openward.gateway.wiring import Handler, Route
from openward.wire.tidepool import errors
from openward.wire.tidepool.auth import identify, identify_confirming
from openward.wire.tidepool.clinics import (
    bulk_tags,
    clinic,
    clinicians,
    connect,
    ehr_match,
    ehr_settings,
    ehr_sync,
    hooks_patients,
    hooks_users,
    invites,
    labels,
    membership,
    merge,
    merge_report,
    migrations,
    patient_invites,
    patients,
    realtime,
    service_accounts,
    settings,
    standing,
    tide,
)

_CLINIC = "/v1/clinics/{clinicId}"
_CLINICIAN = _CLINIC + "/clinicians/{clinicianId}"
_INVITE = _CLINIC + "/invites/clinicians/{inviteId}"
_RECEIVED = "/v1/clinicians/{userId}/invites/{inviteId}"
_SHARE = _CLINIC + "/invites/patients/{inviteId}"
_PATIENT = _CLINIC + "/patients/{patientId}"

_TABLE: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/v1/clinics", "ListClinics", clinic.list_clinics),
    ("POST", "/v1/clinics", "CreateClinic", clinic.create_clinic),
    ("GET", "/v1/clinics/share_code/{shareCode}", "GetClinicByShareCode", clinic.get_by_share_code),
    ("GET", _CLINIC, "GetClinic", clinic.get_clinic),
    ("PUT", _CLINIC, "UpdateClinic", clinic.update_clinic),
    ("DELETE", _CLINIC, "DeleteClinic", clinic.delete_clinic),
    ("GET", _CLINIC + "/clinicians", "ListClinicians", clinicians.list_clinicians),
    ("POST", _CLINIC + "/clinicians", "CreateClinician", clinicians.create_clinician),
    ("GET", _CLINICIAN, "GetClinician", clinicians.get_clinician),
    ("PUT", _CLINICIAN, "UpdateClinician", clinicians.update_clinician),
    ("DELETE", _CLINICIAN, "DeleteClinician", clinicians.delete_clinician),
    ("GET", "/v1/clinicians/{userId}/clinics", "ListClinicsForClinician", clinicians.list_clinics_of_clinician),
    ("GET", "/v1/clinicians", "ListAllClinicians", clinicians.list_all),
    ("POST", _CLINIC + "/service_accounts", "AddServiceAccount", service_accounts.add_service_account),
    ("POST", _CLINIC + "/invites/clinicians", "InviteClinician", invites.invite_clinician),
    ("PATCH", _INVITE, "ResendInvite", invites.resend_invite),
    ("DELETE", _INVITE, "DeleteInvite", invites.delete_invite),
    ("GET", _INVITE, "GetClinicianInvite", invites.get_invite),
    ("PATCH", _INVITE + "/clinician", "AssociateClinicianToUser", invites.associate_invited),
    ("DELETE", _INVITE + "/clinician", "DeleteInvitedClinician", invites.delete_invited),
    ("GET", _INVITE + "/clinician", "GetInvitedClinician", invites.get_invited),
    ("GET", "/v1/clinicians/{userId}/invites", "ListClinicianInvites", invites.list_received),
    ("DELETE", _RECEIVED, "DismissClinicianInvite", invites.decline_invite),
    ("PUT", _RECEIVED, "AcceptClinicianInvite", invites.accept_invite),
    ("GET", _CLINIC + "/invites/patients", "GetPatientInvites", patient_invites.list_invites),
    ("PUT", _SHARE, "AcceptPatientInvitation", patient_invites.accept_invite),
    ("POST", _PATIENT + "/upload_reminder", "SendUploadReminder", standing.remind_to_upload),
    ("POST", _PATIENT + "/connect/{providerId}", "ConnectProvider", connect.connect_provider),
    ("POST", "/v1/patients/{patientId}/summary", "UpdatePatientSummary", hooks_patients.update_summary),
    ("DELETE", "/v1/summaries/{summaryId}/clinics", "DeletePatientSummary", hooks_patients.delete_summary),
    ("PUT", "/v1/patients/{userId}/data_sources", "UpdatePatientDataSources", hooks_patients.update_sources),
    ("GET", _CLINIC + "/tide_report", "TideReport", tide.tide_report),
    ("DELETE", "/v1/users/{userId}/clinics", "DeleteUserFromClinics", hooks_users.delete_user),
    ("POST", "/v1/users/{userId}/clinics", "UpdateClinicUserDetails", hooks_users.update_user),
    ("GET", _CLINIC + "/patients", "ListPatients", patients.list_patients),
    ("POST", _CLINIC + "/patients", "CreatePatientAccount", patients.create_patient),
    ("GET", _PATIENT, "GetPatient", patients.get_patient),
    ("POST", _PATIENT, "CreatePatientFromUser", patients.create_patient_from_user),
    ("PUT", _PATIENT, "UpdatePatient", patients.update_patient),
    ("DELETE", _PATIENT, "DeletePatient", patients.delete_patient),
    ("PUT", _PATIENT + "/reviews", "UpdatePatientReviews", standing.add_review),
    ("DELETE", _PATIENT + "/reviews", "DeletePatientReviews", standing.delete_review),
    ("PUT", _PATIENT + "/permissions", "UpdatePatientPermissions", standing.update_permissions),
    ("DELETE", _PATIENT + "/permissions/{permission}", "DeletePatientPermission", standing.delete_permission),
    ("GET", "/v1/patients/{userId}/clinics", "ListClinicsForPatient", patients.list_clinics_of_patient),
    ("GET", "/v1/patients", "FindPatients", patients.find_patients),
    ("POST", _CLINIC + "/patient_tags", "CreatePatientTag", labels.create_tag),
    ("PUT", _CLINIC + "/patient_tags/{patientTagId}", "UpdatePatientTag", labels.update_tag),
    ("DELETE", _CLINIC + "/patient_tags/{patientTagId}", "DeletePatientTag", labels.delete_tag),
    ("POST", _CLINIC + "/patient_tags/{patientTagId}/site", "ConvertPatientTagToSite", bulk_tags.convert_tag),
    (
        *("POST", _CLINIC + "/patients/assign_tag/{patientTagId}"),
        *("AssignPatientTagToClinicPatients", bulk_tags.assign_tag),
    ),
    (
        *("POST", _CLINIC + "/patients/delete_tag/{patientTagId}"),
        *("DeletePatientTagFromClinicPatients", bulk_tags.delete_tag),
    ),
    ("POST", _CLINIC + "/sites", "CreateSite", labels.create_site),
    ("PUT", _CLINIC + "/sites/{siteId}", "UpdateSite", labels.update_site),
    ("DELETE", _CLINIC + "/sites/{siteId}", "DeleteSite", labels.delete_site),
    ("POST", _CLINIC + "/sites/{siteId}/merge", "MergeSite", bulk_tags.merge_site),
    ("GET", _CLINIC + "/settings/ehr", "GetEHRSettings", ehr_settings.get_ehr),
    ("PUT", _CLINIC + "/settings/ehr", "UpdateEHRSettings", ehr_settings.put_ehr),
    ("POST", _CLINIC + "/ehr/sync", "SyncEHRData", ehr_sync.sync_clinic),
    ("POST", "/v1/patients/{patientId}/ehr/sync", "SyncEHRDataForPatient", ehr_sync.sync_patient),
    ("POST", "/v1/redox/match", "MatchClinicAndPatient", ehr_match.match),
    ("POST", _CLINIC + "/tier", "UpdateTier", settings.update_tier),
    ("POST", _CLINIC + "/suppressed_notifications", "UpdateSuppressedNotifications", membership.suppress_notifications),
    ("GET", _CLINIC + "/membership_restrictions", "ListMembershipRestrictions", membership.get_restrictions),
    ("PUT", _CLINIC + "/membership_restrictions", "UpdateMembershipRestrictions", membership.put_restrictions),
    ("GET", _CLINIC + "/settings/mrn", "GetMRNSettings", settings.get_mrn),
    ("PUT", _CLINIC + "/settings/mrn", "UpdateMRNSettings", settings.put_mrn),
    ("GET", _CLINIC + "/settings/patient_count", "GetPatientCountSettings", settings.get_limits),
    ("PUT", _CLINIC + "/settings/patient_count", "UpdatePatientCountSettings", settings.put_limits),
    ("GET", _CLINIC + "/patient_count", "GetPatientCount", settings.get_count),
    ("POST", _CLINIC + "/patient_count/refresh", "RefreshPatientCount", settings.refresh_count),
    ("POST", _CLINIC + "/migrations", "MigrateLegacyClinicianPatients", migrations.add_migration),
    ("GET", _CLINIC + "/migrations", "ListMigrations", migrations.list_migrations),
    ("POST", "/v1/clinicians/{userId}/migrate", "EnableNewClinicExperience", migrations.enable),
    ("POST", _CLINIC + "/migrate", "TriggerInitialMigration", migrations.trigger),
    ("GET", _CLINIC + "/migrations/{userId}", "GetMigration", migrations.get_migration),
    ("PATCH", _CLINIC + "/migrations/{userId}", "UpdateMigration", migrations.update_migration),
    ("POST", _CLINIC + "/merge", "MergeClinic", merge.merge_clinic),
    ("POST", _CLINIC + "/reports/merge", "GenerateMergeReport", merge_report.generate),
)

_REALTIME = Route(
    "GET",
    _CLINIC + "/reports/realtime",
    realtime.realtime_report,
    describe=realtime.DESCRIPTION,
    identify=identify,
    render=errors.clinic,
)

ROUTES = (
    *(
        Route(method, path, handler, f"clinic.v1:{operation}", identify=identify, render=errors.clinic)
        for method, path, operation, handler in _TABLE
    ),
    *(
        # The confirmation service answers in its own manner.
        Route(
            method, f"/confirm{path}", handler, identify=identify_confirming, render=errors.account, is_documented=False
        )
        for method, path, _, handler in (*_TABLE, ("DELETE", _SHARE, "", patient_invites.end_invite))
        if "/invites" in path
    ),
    Route(
        "DELETE",
        _SHARE,
        patient_invites.end_invite,
        describe=patient_invites.END,
        identify=identify,
        render=errors.clinic,
    ),
    # Clients from before there was more than one partner ask by this path.
    Route(
        "POST",
        _PATIENT + "/send_dexcom_connect_request",
        connect.connect_dexcom,
        identify=identify,
        render=errors.clinic,
        is_documented=False,
    ),
    _REALTIME,
)
