// A request that asks for a token where the server wants one; it is kept until the tab is closed.
async function authorised(path, options = {}) {
  const token = sessionStorage.getItem("token");
  const headers = { ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(path, { ...options, headers });
  if (answer.status !== 401 || !await entered(token !== null)) return answer;
  return authorised(path, options);
}

// Whether somebody has entered a token; Escape and Cancel enter none.
function entered(again) {
  const dialog = document.createElement("dialog");
  dialog.innerHTML = `<form method="dialog"><p><label><span></span>
    <input type="password" id="token" required autocomplete="current-password"></label></p>
    <p><button type="submit" value="token">Go on</button>
    <button type="submit" formnovalidate class="quiet">Cancel</button></p></form>`;
  dialog.querySelector("span").textContent = again
    ? "The server does not know this token. Its token" : "This server asks for a token";
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    const given = dialog.returnValue === "token";
    if (given) sessionStorage.setItem("token", dialog.querySelector("input").value.trim());
    dialog.remove();
    resolve(given);
  }));
}
