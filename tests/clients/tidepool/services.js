// The unchanged public client: notes, consents, devices, prescriptions, blobs, metrics. Prints one JSON line.
'use strict';
const crypto = require('crypto');
const { promisify } = require('util');
const makeClient = require('tidepool-platform-client/tidepool.js');

const [host, username, password] = process.argv.slice(2);
const client = makeClient({ host, uploadApi: host, dataHost: host, metricsSource: 'services', metricsVersion: '1' });
const call = (name, ...args) => promisify(client[name].bind(client))(...args);

async function notes(out, me) {
  const said = { messagetext: 'A taco', timestamp: '2026-03-01T10:00:00-07:00', groupid: me, userid: me };
  const first = await call('startMessageThread', { ...said });
  const answer = await call('replyToMessageThread', { ...said, messagetext: 'Two', parentmessage: first });
  await call('editMessage', { id: first, messagetext: 'Half a taco' });
  out.all = (await call('getAllMessagesForUser', me, {})).length;
  out.notes = (await call('getNotesForUser', me, { start: '2026-03-01T00:00:00Z' })).map((one) => one.messagetext);
  out.thread = (await call('getMessageThread', answer)).map((one) => one.id).sort().join() === [first, answer].sort().join();
}

async function consents(out, me) {
  const type = 'big_data_donation_project';
  out.consentVersion = (await call('getLatestConsentByType', type)).data[0].version;
  out.noConsent = await call('getLatestConsentByType', 'nothing_of_the_kind');
  const record = await call('createUserConsentRecord', me, {
    type, version: 1, ageGroup: '>=18', ownerName: 'Ana Ruiz', grantorType: 'owner', metadata: { supportedOrganizations: [] },
  });
  const changed = await call('updateUserConsentRecord', me, record.id, { metadata: { supportedOrganizations: ['DiabetesSisters'] } });
  out.supported = changed.metadata.supportedOrganizations;
  out.revoked = await call('revokeUserConsentRecord', me, record.id);
  out.consentStatus = (await call('getUserConsentRecords', me, type)).data[0].status;
}

async function prescriptions(out) {
  const clinic = await call('createClinic', { name: 'Willow', preferredBgUnits: 'mg/dL' });
  const draft = { state: 'draft', revisionHash: 'a'.repeat(64), firstName: 'Pat' };
  const made = await call('createPrescription', clinic.id, draft);
  const revised = await call('createPrescriptionRevision', clinic.id, { ...draft, lastName: 'Smith' }, made.id);
  out.revision = revised.revisionId;
  out.prescriptions = (await call('getPrescriptionsForClinic', clinic.id, { size: 10, page: 0 })).length;
  await call('deletePrescription', clinic.id, made.id);
  out.prescriptionsLeft = (await call('getPrescriptionsForClinic', clinic.id, {})).length;
}

async function main() {
  const out = {};
  const me = (await call('login', { username, password })).userid;
  await notes(out, me);
  await consents(out, me);
  out.cgms = (await call('getCGMDevices')).cgms.length;
  out.pumps = (await call('getPumpDevices')).pumps.length;
  await prescriptions(out);
  const content = JSON.stringify([{ hello: 'world' }]);
  const digest = 'md5=' + crypto.createHash('md5').update(content).digest('base64');
  out.blob = (await call('uploadBlobForUser', me, content, 'application/json', digest)).size;
  await new Promise((resolve) => client.trackMetric('Viewed Notes', { place: 'here' }, resolve));
  console.log(JSON.stringify(out));
}

main().then(() => process.exit(0), (error) => {
  console.error(error && (error.stack || JSON.stringify(error)), error && error.response && error.response.text);
  process.exit(1);
});
