// The unchanged public client between people: invites, what they let each other do, children, messages, consents.
'use strict';
const { Person, finish } = require('./people.js');

const out = {};

async function careTeam(ana, bob, cy) {
  await ana.call('inviteUser', bob.email, { view: {}, note: {} }, ana.id);
  await ana.call('inviteUser', cy.email, { view: {} }, ana.id);
  await ana.call('inviteUser', 'nobody@example.org', { view: {} }, ana.id);
  const sent = await ana.call('invitesSent', ana.id);
  out.sent = sent.length;
  await ana.call('resendInvite', sent.find((one) => one.email === bob.email).key);
  await ana.call('removeInvite', 'nobody@example.org', ana.id);
  const key = async (who) => (await who.call('invitesReceived', who.id))[0].key;
  await bob.call('acceptInvite', await key(bob), bob.id, ana.id);
  await cy.call('dismissInvite', await key(cy), cy.id, ana.id);
  out.left = (await ana.call('invitesSent', ana.id)).map((one) => one.status);
  out.team = Object.keys(await ana.call('getTeamMembers', ana.id)).includes(bob.id);
  out.seen = (await bob.call('getViewableUsers', bob.id))[ana.id];
  out.details = (await bob.call('getAssociatedUsersDetails', bob.id)).map((one) => one.profile.fullName);
  out.permissions = await ana.call('getAccessPermissionsForGroup', ana.id, bob.id);
  await ana.call('setAccessPermissions', bob.id, { view: {}, note: {}, upload: {} });
  out.uploads = Object.keys(await bob.call('getUploadGroups', bob.id)).includes(ana.id);
  await ana.call('setAccessPermissionsOnGroup', ana.id, bob.id, { view: {}, note: {} });
  out.info = await ana.call('getPatientsInfo', [ana.id]);
}

async function children(ana) {
  const child = await ana.call('createCustodialAccount', { fullName: 'Kim Ruiz', patient: { birthday: '2020-02-03' } });
  const email = `kim-${ana.email}`;
  out.child = (await ana.call('updateCustodialUser', { username: email, emails: [email] }, child.userid)).emails[0] === email;
  out.keeps = Object.keys((await ana.call('getViewableUsers', ana.id))[child.userid]).sort();
}

async function messages(ana, bob) {
  const note = { groupid: ana.id, userid: bob.id, messagetext: 'A taco, 10 g', timestamp: '2026-03-01T10:00:00-07:00' };
  const first = await bob.call('startMessageThread', note);
  const second = await ana.call('replyToMessageThread', {
    parentmessage: first, groupid: ana.id, userid: ana.id, messagetext: 'Thanks', timestamp: '2026-03-01T11:00:00-07:00',
  });
  await bob.call('editMessage', { id: first, messagetext: 'Two tacos, 20 g' });
  out.thread = (await ana.call('getMessageThread', first)).map((one) => one.messagetext).sort();
  const span = { start: '2026-03-01T00:00:00Z', end: '2026-03-02T00:00:00Z' };
  out.messages = (await ana.call('getAllMessagesForUser', ana.id, span)).map((one) => one.id).includes(second);
  out.notes = (await ana.call('getNotesForUser', ana.id, {})).map((one) => one.id === first);
}

async function consents(ana) {
  const type = 'big_data_donation_project';
  const latest = (await ana.call('getLatestConsentByType', type)).data[0];
  const made = await ana.call('createUserConsentRecord', ana.id, {
    type, version: latest.version, ageGroup: '>=18', ownerName: 'Ana Ruiz', grantorType: 'owner',
    metadata: { supportedOrganizations: ['Beyond Type 1'] },
  });
  const changed = await ana.call('updateUserConsentRecord', ana.id, made.id, { metadata: { supportedOrganizations: [] } });
  out.consent = [made.status, changed.metadata.supportedOrganizations];
  await ana.call('revokeUserConsentRecord', ana.id, made.id);
  out.revoked = (await ana.call('getUserConsentRecords', ana.id, type)).data.map((one) => one.status);
}

async function main() {
  const ana = await new Person('Ana Owner').join({ patient: { birthday: '1990-02-03' } });
  const [bob, cy] = [await new Person('Bob Helps').join(), await new Person('Cy Declines').join()];
  await careTeam(ana, bob, cy);
  await children(ana);
  await messages(ana, bob);
  await consents(ana);
  out.devices = [(await ana.call('getCGMDevices')).cgms.length > 0, (await ana.call('getPumpDevices')).pumps.length > 0];
  out.functions = Object.keys(ana.client).filter((name) => typeof ana.client[name] === 'function');
  return out;
}

finish(main);
