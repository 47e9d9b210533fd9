// An amount is grouped as it is left, so that a nought too many is seen. What is no amount stays as it was typed: the server says what is wrong.
"use strict";

document.addEventListener("change", ({ target }) => {
  if (!target.matches?.("[data-money]")) return;
  const plain = target.value.replace(/[,，\s¥￥元]/g, "");
  if (!/^\d{1,13}(\.\d{1,2})?$/.test(plain)) return;
  const [yuan, cents] = plain.split(".");
  target.value = yuan.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (cents === undefined ? "" : `.${cents}`);
});
