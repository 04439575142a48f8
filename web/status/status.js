// Says whether the relay behind this page is well: by its health, and by a socket that opens.

const element = (id) => document.getElementById(id);

function duration(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  let rest = Math.floor(seconds);
  return parts.slice(first, first + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return `${count} ${unit}`;
  }).join(" ");
}

function show(state, text) {
  element("state").dataset.state = state;
  element("state").textContent = text;
}

function openSocket() {
  return new Promise((resolve) => {
    const url = new URL("/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, "clasp");
    socket.onopen = () => { resolve("open"); socket.close(1000); };
    socket.onerror = () => resolve("do not open");
  });
}

async function look() {
  try {
    const reply = await fetch("/api/health", { cache: "no-store" });
    const health = await reply.json();
    element("version").textContent = health.version ?? "unknown";
    element("uptime").textContent = duration(health.uptime_secs ?? 0);
    element("facts").hidden = false;
    show(reply.ok ? "well" : "ill", reply.ok ? "The relay is well." : `The relay says: ${health.status}.`);
  } catch {
    show("ill", "The relay does not answer.");
  }
  element("socket").textContent = await openSocket();
}

look();
setInterval(look, 15_000);
