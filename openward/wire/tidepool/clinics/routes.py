"""Contents: every operation of the Clinics API that is served, and who answers it."""

from openward.gateway.wiring import Handler, Route
from openward.wire.tidepool import errors
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.clinics import clinic, clinicians, labels, patients, settings, standing

_CLINIC = "/v1/clinics/{clinicId}"
_CLINICIAN = _CLINIC + "/clinicians/{clinicianId}"
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
    ("POST", _CLINIC + "/sites", "CreateSite", labels.create_site),
    ("PUT", _CLINIC + "/sites/{siteId}", "UpdateSite", labels.update_site),
    ("DELETE", _CLINIC + "/sites/{siteId}", "DeleteSite", labels.delete_site),
    ("POST", _CLINIC + "/tier", "UpdateTier", settings.update_tier),
    ("GET", _CLINIC + "/settings/mrn", "GetMRNSettings", settings.get_mrn),
    ("PUT", _CLINIC + "/settings/mrn", "UpdateMRNSettings", settings.put_mrn),
    ("GET", _CLINIC + "/settings/patient_count", "GetPatientCountSettings", settings.get_limits),
    ("PUT", _CLINIC + "/settings/patient_count", "UpdatePatientCountSettings", settings.put_limits),
    ("GET", _CLINIC + "/patient_count", "GetPatientCount", settings.get_count),
    ("POST", _CLINIC + "/patient_count/refresh", "RefreshPatientCount", settings.refresh_count),
)

ROUTES = tuple(
    Route(method, path, handler, f"clinic.v1:{operation}", identify=identify, render=errors.clinic)
    for method, path, operation, handler in _TABLE
)
