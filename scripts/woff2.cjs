// Unpack WOFF2 files: node woff2.cjs FOLDER FILE... writes FOLDER/<name>.ttf for each. Run by fonts.py.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { decompress } = require("wawoff2");

async function main([folder, ...files]) {
  for (const file of files) {
    const ready = await decompress(fs.readFileSync(file));
    fs.writeFileSync(path.join(folder, path.basename(file, ".woff2") + ".ttf"), ready);
  }
}

main(process.argv.slice(2)).catch((fault) => {
  console.error(String(fault));
  process.exit(1);
});
