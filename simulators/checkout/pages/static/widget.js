/*
 * The checkout's widget for a product page.
 *
 *   <div id="widget"></div>
 *   <script src="http://127.0.0.1:8703/widget.js"></script>
 *   <script>
 *     ProductWidget.render(document.getElementById("widget"), {
 *       merchantId: "..", JWTToken: "..",
 *       onPriceLoaded: function (price) {},      // {initialAmount: "£9.50", recurringAmount: "£9"}
 *       onWidgetLoaded: function () {},
 *       onCheckoutUnavailable: function () {}
 *     });
 *   </script>
 *
 * Texts are always set as text, never as HTML.
 */
(function () {
  "use strict";

  /* Beside this script, which may stand below a path of a proxy. */
  var source = document.currentScript.src;

  function address(path) {
    return new URL(path, source).href;
  }

  function post(path, body) {
    return fetch(address(path), {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      credentials: "omit",
      referrerPolicy: "no-referrer",
      body: JSON.stringify(body)
    }).then(function (answer) {
      if (!answer.ok) { throw new Error("HTTP " + answer.status); }
      return answer.json();
    });
  }

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) { made.className = className; }
    if (text) { made.textContent = text; }
    return made;
  }

  /* Two calls of one page share the link. The callback runs once the styles are there, or will not be. */
  function styled(then) {
    var href = address("widget.css");
    var known = document.querySelector('link[href="' + href + '"]');
    if (known && known.sheet) { then(); return; }
    var link = known || element("link");
    link.addEventListener("load", then, {once: true});
    link.addEventListener("error", then, {once: true});
    if (!known) {
      link.rel = "stylesheet";
      link.href = href;
      document.head.appendChild(link);
    }
  }

  function call(callback, value) {
    if (typeof callback === "function") { callback(value); }
  }

  function unavailable(box, options) {
    box.remove();
    call(options.onCheckoutUnavailable);
  }

  function problem(box, text) {
    var notice = box.querySelector(".problem") || box.insertBefore(element("p", "problem"), box.lastChild);
    notice.setAttribute("role", "alert");
    notice.textContent = text;
  }

  function begin(box, button, options) {
    if (button.getAttribute("aria-disabled")) { return; }
    button.setAttribute("aria-disabled", "true");
    post("widget/checkout", {merchantId: options.merchantId, JWTToken: options.JWTToken}).then(function (made) {
      if (made.token) {
        window.location.assign(address("checkout/" + encodeURIComponent(made.token)));
        return;
      }
      unavailable(box, options);
    }).catch(function () {
      button.removeAttribute("aria-disabled");
      problem(box, "The checkout did not answer. Nothing was bought. Please try again.");
    });
  }

  function show(box, options, price) {
    var line = element("p");
    var button = element("button", "", "Continue to checkout");
    line.appendChild(element("strong", "", price.initialAmount));
    line.appendChild(document.createTextNode(
      " today, then " + price.payments + " monthly payments of " + price.recurringAmount
    ));
    button.type = "button";
    button.addEventListener("click", function () { begin(box, button, options); });
    box.replaceChildren(line, button);
  }

  function render(target, options) {
    var box = element("section", "product-widget");
    box.setAttribute("aria-label", "Pay in parts");
    box.appendChild(element("p", "loading", "Loading the price"));
    target.replaceChildren(box);
    post("widget/price", {merchantId: options.merchantId, JWTToken: options.JWTToken}).then(function (price) {
      show(box, options, price);
      call(options.onPriceLoaded, {initialAmount: price.initialAmount, recurringAmount: price.recurringAmount});
      styled(function () { call(options.onWidgetLoaded); });
    }, function () { unavailable(box, options); });
  }

  window.ProductWidget = {render: render};
})();
