// One connection between two browsers. The provider calls, the patient answers; either side may ask for a new offer
// later, and when both do at once the patient gives way. A path that breaks is looked for anew until it is found.

const RETRY_MS = 4000;

export class Peer {
  // say(content): to the other page; show(stream): what comes from there; change(state): new, connecting, connected ...
  // isRelayed: nothing goes from one to the other directly, everything through the servers.
  constructor({ servers, isRelayed, isCaller, stream, say, show, change }) {
    Object.assign(this, { isCaller, say });
    this.isOffering = false;
    this.ignores = false;
    this.hasHeard = false;
    this.waiting = [];
    const link = (this.link = new RTCPeerConnection({
      iceServers: servers,
      iceTransportPolicy: isRelayed ? "relay" : "all",
    }));
    for (const kind of ["audio", "video"]) {
      const track = stream?.getTracks().find((one) => one.kind === kind);
      // Both lines exist from the start, so that a camera can come later without another offer.
      if (track) link.addTrack(track, stream);
      else if (isCaller) link.addTransceiver(kind, { direction: "sendrecv" });
    }
    const theirs = new MediaStream();
    link.ontrack = ({ track }) => {
      theirs.addTrack(track);
      track.onmute = track.onunmute = () => show(theirs);
      show(theirs);
    };
    link.onicecandidate = ({ candidate }) => candidate && say({ candidate });
    link.onnegotiationneeded = () => (isCaller || this.hasHeard) && this.offer();
    link.onconnectionstatechange = () => change(link.connectionState);
    this.timer = setInterval(() => this.retry(), RETRY_MS);
  }

  async offer() {
    try {
      this.isOffering = true;
      await this.link.setLocalDescription();
      this.say({ description: this.link.localDescription });
    } finally {
      this.isOffering = false;
    }
  }

  // The caller tries again: the last offer, its answer or the path itself may be lost.
  retry() {
    if (!this.isCaller || ["connected", "closed"].includes(this.link.connectionState)) return;
    this.link.restartIce();
    if (this.link.signalingState !== "stable") this.offer();
  }

  async take({ description, candidate }) {
    const { link } = this;
    if (candidate) {
      if (!link.remoteDescription) return this.waiting.push(candidate);
      return link.addIceCandidate(candidate).catch((error) => {
        if (!this.ignores) console.warn("candidate", error.name);
      });
    }
    if (!description) return undefined;
    const clashes = description.type === "offer" && (this.isOffering || link.signalingState !== "stable");
    this.ignores = this.isCaller && clashes;
    if (this.ignores) return undefined;
    if (description.type === "answer" && link.signalingState !== "have-local-offer") return undefined;
    this.hasHeard = true;
    await link.setRemoteDescription(description);
    for (const one of this.waiting.splice(0)) await link.addIceCandidate(one).catch(() => {});
    if (description.type === "offer") {
      for (const one of link.getTransceivers()) one.direction = "sendrecv";
      await link.setLocalDescription();
      this.say({ description: link.localDescription });
    }
    return undefined;
  }

  // Another camera or microphone, without another offer.
  async replace(stream) {
    for (const sender of this.link.getTransceivers().map((one) => one.sender)) {
      const kind = sender.track?.kind ?? this.kindOf(sender);
      await sender.replaceTrack(stream.getTracks().find((one) => one.kind === kind) ?? null);
    }
  }

  kindOf(sender) {
    return this.link.getTransceivers().find((one) => one.sender === sender)?.receiver.track.kind;
  }

  close() {
    clearInterval(this.timer);
    this.link.onconnectionstatechange = null;
    this.link.close();
  }
}
