// A light curve is of one channel of one detector, or of all of them together. Its channel is a
// condition on rows like the filters: table, cutouts and flags follow it.

const PER_DETECTOR = 17;

export function isOfChannel(store) {
  return store.get("x") === "mjd" && store.get("channel") !== null;
}

export function channelInWords([detector, channel]) {
  return `Light curve of D${detector} channel ${channel}`;
}

// `about.channels` has detector, channel, wavelength and visits of each channel measured.
export function lightCurveInWords(about, channel) {
  if (!channel) return "Light curve, all channels";
  const found = about.channels.find(([detector, number]) => detector === channel[0] && number === channel[1]);
  const wavelength = found ? `, ${found[2].toFixed(2)} \u00b5m` : "";
  return `Light curve, D${channel[0]} channel ${channel[1]}${wavelength}`;
}

// The channel of a row; of a row without one, the channel that was visited most.
export function channelOfRow(about, row) {
  const code = row === null ? 0 : about.row_channel[row] ?? 0;
  const own = [Math.floor(code / PER_DETECTOR), (code % PER_DETECTOR) + 1];
  const isMeasured = about.channels.some(([detector, channel]) => detector === own[0] && channel === own[1]);
  if (isMeasured) return own;
  const most = about.channels.reduce((best, one) => (!best || one[3] > best[3] ? one : best), null);
  return most && most.slice(0, 2);
}
