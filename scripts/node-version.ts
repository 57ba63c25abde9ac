/** Imported first by every script: says in one line what a Node of the wrong age would say in a stack trace. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `soc2-er: this script needs Node 24.15 or newer; this is ${process.versions.node} (${process.execPath})\n` +
      "hint: start it through npm (npm run build), which puts the locked Node of node_modules in front\n",
  );
  process.exit(1);
}
