// The unchanged public client: sign up, confirm, log in, make a data set, upload, read back, list. Prints one JSON line.
'use strict';
const crypto = require('crypto');
const { Person, finish, host, password } = require('./people.js');

function readings(count) {
  const start = Date.now() - count * 300000;
  return Array.from({ length: count }, (_, place) => ({
    type: 'cbg', units: 'mg/dL', value: 80 + (place % 120), deviceId: 'journey-cgm',
    time: new Date(start + place * 300000).toISOString(), timezoneOffset: 0,
    deviceTime: new Date(start + place * 300000).toISOString().slice(0, 19),
  }));
}

async function account(out, ana) {
  await ana.call('initialize');
  const signed = await ana.call('signup', { username: ana.email, password, emails: [ana.email] });
  ana.id = signed.userid;
  await ana.call('signupStart', ana.id);
  await ana.mailedKey();
  await ana.call('signupResend', ana.email);
  await ana.call('logout').catch(() => null);
  out.loginBeforeConfirm = await ana.refused('login', { username: ana.email, password });
  await ana.call('signupConfirm', await ana.mailedKey());
  const logged = (await ana.call('login', { username: ana.email, password })).userid;
  out.same = [logged === ana.id, (await ana.call('getCurrentUser')).userid === ana.id];
  await ana.call('addOrUpdateProfile', ana.id, { fullName: 'Ana Ruiz', patient: { birthday: '1990-02-03' } });
  await ana.call('addOrUpdatePreferences', ana.id, { displayLanguageCode: 'en' });
  await ana.call('addOrUpdateSettings', ana.id, { units: { bg: 'mg/dL' } });
  out.profile = (await ana.call('findProfile', ana.id)).fullName;
  out.kept = [await ana.call('findPreferences', ana.id), await ana.call('findSettings', ana.id)];
  const at = '2026-01-02T03:04:05.000Z';
  out.terms = (await ana.call('updateCurrentUser', { termsAccepted: at })).termsAccepted;
  await ana.call('acceptTerms', { terms: at });
}

async function data(out, ana) {
  const made = await ana.call('createDatasetForUser', ana.id, {
    client: { name: 'journey', version: '1.0.0' }, deviceId: 'journey-cgm', deviceManufacturers: ['Acme'],
    deviceModel: 'One', deviceSerialNumber: 'S1', deviceTags: ['cgm'], timezone: 'UTC', time: new Date().toISOString(),
    computerTime: new Date().toISOString().slice(0, 19), timezoneOffset: 0, conversionOffset: 0, version: '1.0.0',
    timeProcessing: 'none',
  });
  const set = made.data || made;
  await ana.call('addDataToDataset', set.uploadId, readings(300));
  await ana.call('finalizeDataset', set.uploadId);
  const read = await ana.call('getDeviceDataForUser', ana.id, { type: 'cbg' });
  out.readBack = read.length;
  out.units = read[0].units;
  out.sets = (await ana.call('getUploadRecordsForDevice', ana.id, 'journey-cgm', 5)).length;
  const session = await ana.call('startUploadSession', {
    version: '1', deviceTags: ['bgm'], deviceManufacturers: ['Acme'], deviceModel: 'Two', deviceSerialNumber: 'S2',
    deviceId: 'journey-bgm', start: new Date().toISOString(), tzName: 'UTC',
  });
  const smbg = { ...readings(1)[0], type: 'smbg', deviceId: 'journey-bgm' };
  await ana.call('uploadDeviceDataForUser', ana.id, [{ ...smbg, uploadId: session.uploadId }]);
  out.older = (await ana.call('getDeviceDataForUser', ana.id, { type: 'smbg' })).length;
  const file = Buffer.from('a device log');
  const digest = `MD5=${crypto.createHash('md5').update(file).digest('base64')}`;
  out.blob = (await ana.call('uploadBlobForUser', ana.id, file.toString(), 'text/plain', digest)).status;
  out.sources = await ana.call('getDataSourcesForUser', ana.id);
  out.time = Boolean((await ana.call('getTime')).data.time);
  out.uploaderInfo = Boolean(await ana.call('checkUploadVersions'));
  out.groups = (await ana.call('getViewableUsers', ana.id))[ana.id];
}

async function links(out, ana) {
  const made = await ana.call('createRestrictedTokenForUser', ana.id, { paths: ['/v1/oauth/dexcom'] });
  out.authorize = (await ana.call('createOAuthProviderAuthorization', 'dexcom', made.id)).slice(host.length).split('=')[0];
  out.noCloud = await ana.refused('deleteOAuthProviderAuthorization', 'dexcom');
  const url = await ana.call('getExportDataURL', ana.id, ana.id, { format: 'json' });
  const exported = await fetch(url);
  out.exported = [exported.status, (await exported.json()).filter((one) => one.type === 'cbg').length];
}

// A program that got a token by OAuth goes on with it.
async function byOAuth(out, ana) {
  const answer = await fetch(`${host}/realms/openward/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password', username: ana.email, password, client_id: 'journey', client_secret: 'journey-client-secret',
    }),
  });
  const program = new Person('program');
  const logged = await program.call('oauthLogin', (await answer.json()).access_token);
  out.oauth = [logged.userid === ana.id, logged.target.userid === ana.id, (await program.call('getCurrentUser')).userid === ana.id];
}

async function main() {
  const out = {};
  const ana = new Person('Ana Ruiz');
  await account(out, ana);
  await data(out, ana);
  await links(out, ana);
  await byOAuth(out, ana);
  await ana.call('trackMetric', 'Viewed data', { place: 'journey' });
  await ana.call('logAppError', 'Something', 'happened', {});
  await ana.call('logout');
  out.afterLogout = await ana.refused('getCurrentUser');
  await ana.call('requestPasswordReset', ana.email);
  const renewed = 'Better-horse-8';
  await ana.call('confirmPasswordReset', { key: await ana.mailedKey(), email: ana.email, password: renewed });
  out.oldPassword = await ana.refused('login', { username: ana.email, password });
  out.newPassword = await ana.refused('login', { username: ana.email, password: renewed });
  return out;
}

finish(main);
