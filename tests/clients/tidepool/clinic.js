// The unchanged public client in a clinic: staff, labels, patients who claim or share, lists, reports, prescriptions.
'use strict';
const { isDeepStrictEqual } = require('util');
const { Person, asService, finish, password, until } = require('./people.js');

const PROFILE = {
  name: 'Willow', preferredBgUnits: 'mg/dL', address: '1 Elm St', city: 'Palo Alto', postalCode: '94301', state: 'CA',
  country: 'US', phoneNumbers: [{ type: 'Office', number: '+1 650 555 0100' }], clinicType: 'provider_practice',
  website: 'https://willow.example', timezone: 'America/Los_Angeles',
};
const SHARED = { view: {}, upload: {}, note: {} };
const out = {};

// The colleague accepts, one invite is taken back, and one is declined.
async function staff(admin, clinic) {
  const [mel, dan] = [await new Person('Mel Member').join(), await new Person('Dan Declines').join()];
  const invite = async (who) => (await admin.call('inviteClinician', clinic.id, { email: who.email, roles: ['CLINIC_MEMBER'] })).inviteId;
  const id = await invite(mel);
  out.inviteSeen = (await admin.call('getClinicianInvite', clinic.id, id)).key === id;
  await admin.call('resendClinicianInvite', clinic.id, id);
  const received = await mel.call('getClinicianInvites', mel.id);
  out.invited = received.map((one) => [one.key === id, one.restrictions.canAccept, one.creator.clinicName]);
  await mel.call('acceptClinicianInvite', mel.id, id);
  await mel.call('login', { username: mel.email, password });
  await dan.call('dismissClinicianInvite', dan.id, await invite(dan));
  await admin.call('deleteClinicianInvite', clinic.id, await invite(dan));
  out.noInvites = await dan.call('getClinicianInvites', dan.id);
  out.search = (await admin.call('getCliniciansFromClinic', clinic.id, { search: 'Mel', limit: 5, offset: 0 })).map((one) => one.id === mel.id);
  const one = await admin.call('getClinician', clinic.id, mel.id);
  const raised = await admin.call('updateClinician', clinic.id, mel.id, { ...one, roles: ['CLINIC_MEMBER', 'PRESCRIBER'] });
  out.roles = raised.roles.sort();
  out.clinicsOfMel = (await mel.call('getClinicsForClinician', mel.id, { limit: 10, offset: 0 })).map((pair) => pair.clinic.name);
  return mel;
}

// A custodial patient with tag and site: changed by a whole round trip, then claimed by the person herself.
async function custodial(mel, clinic, tag, site) {
  const pat = new Person('Pat Claims');
  const made = await mel.call('createClinicCustodialAccount', clinic.id, {
    fullName: pat.name, birthDate: '1990-02-03', email: pat.email, mrn: 'A-1', tags: [tag.id], sites: [site],
  });
  pat.id = made.id;
  const before = await mel.call('getPatientFromClinic', clinic.id, made.id);
  const after = await mel.call('updateClinicPatient', clinic.id, made.id, { ...before, mrn: 'A-2' });
  out.roundTrip = isDeepStrictEqual({ ...after, updatedTime: 0 }, { ...before, mrn: 'A-2', updatedTime: 0 });
  const key = await pat.mailedKey();
  out.wrongBirthday = await pat.call('custodialSignupConfirm', key, '1991-01-01', password).then(() => 0, (error) => error.error);
  await pat.call('custodialSignupConfirm', key, '1990-02-03', password);
  await pat.call('login', { username: pat.email, password });
  const claimed = await pat.call('getClinicsForPatient', pat.id, { limit: 5, offset: 0 });
  out.claimed = claimed.map((pair) => Object.keys(pair.patient.permissions).sort());
  return pat;
}

function readings(days) {
  const start = Date.now() - days * 86400000;
  return Array.from({ length: days * 288 }, (_, place) => ({
    type: 'cbg', units: 'mg/dL', value: place % 3 ? 120 : 40, deviceId: 'clinic-cgm', timezoneOffset: 0,
    time: new Date(start + place * 300000).toISOString(), deviceTime: new Date(start + place * 300000).toISOString().slice(0, 19),
  }));
}

// The patient uploads; the list, both reports and the reviews show it.
async function reports(admin, mel, pat, clinic, tag, site) {
  const made = await pat.call('createDatasetForUser', pat.id, {
    client: { name: 'journey', version: '1.0.0' }, dataSetType: 'normal', deviceId: 'clinic-cgm', deviceManufacturers: ['Acme'],
    deviceModel: 'One', deviceSerialNumber: 'S2', deviceTags: ['cgm'], timezone: 'UTC', time: new Date().toISOString(),
    computerTime: new Date().toISOString().slice(0, 19), timezoneOffset: 0, conversionOffset: 0, version: '1.0.0', timeProcessing: 'none',
  });
  const set = made.data || made;
  await pat.call('addDataToDataset', set.uploadId, readings(3));
  await pat.call('finalizeDataset', set.uploadId);
  out.readByMember = (await mel.call('getDeviceDataForUser', pat.id, { type: 'cbg', latest: true })).length;
  const filters = { 'cgm.timeInVeryLowPercent': '>0.1', tags: tag.id, sites: site.id };
  const shown = { ...filters, limit: 10, offset: 0, period: '14d', sortType: 'cgm', sort: '-timeInVeryLowPercent', search: 'pat' };
  const list = await until('the summary', async () => {
    const page = await mel.call('getPatientsForClinic', clinic.id, shown);
    return page.data.length ? page : null;
  });
  out.list = [list.meta, list.data.map((one) => one.id === pat.id)];
  const span = { startDate: new Date(Date.now() - 10 * 86400000).toISOString(), endDate: new Date().toISOString() };
  const tide = await mel.call('getPatientsForTideDashboard', clinic.id, { period: '14d', lastDataCutoff: span.startDate, tags: [tag.id] });
  out.tide = tide.results.timeInVeryLowPercent.map((row) => row.patient.id === pat.id);
  const rpm = await mel.call('getPatientsForRpmReport', clinic.id, { ...span, patientFilters: { tags: [tag.id], search: 'Pat' } });
  out.rpm = (rpm.results || rpm).map((row) => row.id || row.patient.id).includes(pat.id);
  await admin.call('setClinicPatientLastReviewed', clinic.id, pat.id);
  await mel.call('setClinicPatientLastReviewed', clinic.id, pat.id);
  out.notMine = await admin.refused('revertClinicPatientLastReviewed', clinic.id, pat.id);
  await mel.call('revertClinicPatientLastReviewed', clinic.id, pat.id);
  const { reviews } = await mel.call('getPatientFromClinic', clinic.id, pat.id);
  out.reviewed = reviews.map((one) => one.clinicianId === admin.id);
  out.found = (await mel.call('getPatients', { mrn: 'A-2', birthDate: '1990-02-03', workspaceId: clinic.id, workspaceIdType: 'clinicId', limit: 5 })).length;
}

// One person's offer is accepted, another's is declined; then both sides may end it.
async function sharing(admin, mel, clinic, tag) {
  const [sam, nora] = [await new Person('Sam Shares').join(), await new Person('Nora Not').join()];
  await sam.call('inviteClinic', clinic.shareCode, SHARED, sam.id);
  await nora.call('inviteClinic', clinic.shareCode, { view: {} }, nora.id);
  const waiting = await mel.call('getPatientInvites', clinic.id);
  out.waiting = waiting.map((one) => one.creator.profile.fullName).sort();
  const key = (who) => waiting.find((one) => one.creatorId === who.id).key;
  const taken = await mel.call('acceptPatientInvitation', clinic.id, key(sam), { fullName: sam.name, birthDate: '1985-05-05', mrn: 'A-3', tags: [tag.id] });
  out.accepted = [taken.id === sam.id, Object.keys(taken.permissions).sort(), taken.tags.length];
  await mel.call('deletePatientInvitation', clinic.id, key(nora));
  out.waitingLater = await mel.call('getPatientInvites', clinic.id);
  out.narrowed = await sam.call('updatePatientPermissions', clinic.id, sam.id, { view: {}, custodian: {} });
  const before = await sam.mails();
  await mel.call('sendPatientUploadReminder', clinic.id, sam.id);
  const one = await mel.call('getPatientFromClinic', clinic.id, sam.id);
  const dexcom = [{ providerName: 'dexcom', state: 'pending' }];
  await mel.call('updateClinicPatient', clinic.id, sam.id, { ...one, dataSources: dexcom });
  await mel.call('sendPatientDataProviderConnectRequest', clinic.id, sam.id, 'dexcom');
  out.connect = (await mel.call('getPatientFromClinic', clinic.id, sam.id)).connectionRequests.dexcom.length;
  await until('two mails', async () => (await sam.mails()) >= before + 2);
  await sam.call('deletePatientFromClinic', clinic.id, sam.id);
  out.left = await sam.call('getClinicsForPatient', sam.id);
}

async function prescriptions(mel, clinic) {
  const draft = { state: 'draft', revisionHash: 'a'.repeat(64), firstName: 'Pat' };
  const made = await mel.call('createPrescription', clinic.id, draft);
  const revised = await mel.call('createPrescriptionRevision', clinic.id, { ...draft, lastName: 'Smith' }, made.id);
  out.revised = revised.revisionId;
  out.prescribed = (await mel.call('getPrescriptionsForClinic', clinic.id, { page: 0, size: 10 })).map((one) => one.id === made.id);
  await mel.call('deletePrescription', clinic.id, made.id);
  out.unprescribed = (await mel.call('getPrescriptionsForClinic', clinic.id)).length;
}

// An account from before there were clinics becomes one, with the people who shared with it.
async function migration(service) {
  const [old, kay] = [await new Person('Old Practice').join({}, ['clinic']), await new Person('Kay Known').join()];
  await kay.call('setAccessPermissions', old.id, { view: {}, note: {} });
  const clinic = await service.post(`/v1/clinicians/${old.id}/migrate`);
  out.unfinished = [clinic.name, await old.refused('triggerInitialClinicMigration', clinic.id)];
  await old.call('updateClinic', clinic.id, PROFILE);
  out.canMigrate = (await old.call('getClinic', clinic.id)).canMigrate;
  out.migration = (await old.call('triggerInitialClinicMigration', clinic.id)).status;
  await until('the patients who shared', async () => {
    await old.call('login', { username: old.email, password });
    return (await old.call('getPatientsForClinic', clinic.id)).data.some((one) => one.id === kay.id);
  });
  out.moved = Object.keys((await kay.call('getClinicsForPatient', kay.id))[0].patient.permissions).sort();
}

async function main() {
  const admin = await new Person('Ana Admin').join();
  const clinic = await admin.call('createClinic', { ...PROFILE, timezone: undefined });
  await admin.call('updateClinic', clinic.id, PROFILE);
  out.clinic = [(await admin.call('getClinic', clinic.id)).timezone, (await admin.call('getClinicByShareCode', clinic.shareCode)).id === clinic.id];
  out.allClinics = await admin.refused('getClinics', { limit: 1 });
  const service = await asService();
  out.clinicsOfService = (await service.call('getClinics', { shareCode: clinic.shareCode })).length;
  out.settings = [await admin.call('getClinicMRNSettings', clinic.id), await admin.call('getClinicEHRSettings', clinic.id)];
  out.limit = (await admin.call('getClinicPatientCountSettings', clinic.id)).hardLimit.plan;
  const mel = await staff(admin, clinic);
  const tag = await mel.call('createClinicPatientTag', clinic.id, { name: 'newly' });
  const site = await admin.call('createClinicSite', clinic.id, { name: 'North' });
  out.renamed = [
    (await mel.call('updateClinicPatientTag', clinic.id, tag.id, { ...tag, name: 'New' })).name,
    (await admin.call('updateClinicSite', clinic.id, site.id, { ...site, name: 'South' })).name,
  ];
  const pat = await custodial(mel, clinic, tag, site);
  await reports(admin, mel, pat, clinic, tag, site);
  await sharing(admin, mel, clinic, tag);
  await prescriptions(mel, clinic);
  out.count = (await mel.call('getClinicPatientCount', clinic.id)).total;
  await admin.call('deleteClinicPatientTag', clinic.id, tag.id);
  await admin.call('deleteClinicSite', clinic.id, site.id);
  await admin.call('deletePatientFromClinic', clinic.id, pat.id);
  await admin.call('deleteClinicianFromClinic', clinic.id, mel.id);
  out.afterwards = [await mel.refused('getPatientsForClinic', clinic.id, {}), (await admin.call('getCliniciansFromClinic', clinic.id)).length];
  await mel.call('logout');
  await migration(service);
  return out;
}

finish(main);
