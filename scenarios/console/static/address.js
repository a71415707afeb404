// The page's address: it names the exchange that is looked at and the filter, so that it can be sent to somebody.

function changed(name, value) {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  return url;
}

export const address = {
  get: (name) => new URL(location.href).searchParams.get(name) ?? "",
  set: (name, value) => history.replaceState(null, "", changed(name, value)),
  /** The whole address with the view `tab`. */
  of: (tab) => Object.assign(new URL(location.href), { hash: tab }).href,
};
