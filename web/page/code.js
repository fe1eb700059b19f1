'use strict';

// The code of a letter stands behind the `#` of its link, where no server sees it. It goes into its field, and out of the address.
const code = document.getElementById('code');
if (code && location.hash.length > 1) {
  code.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
}
