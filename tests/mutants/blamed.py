"""Mutants that are blamed for what they break and for no other of the rules that they are judged by."""

# A rule, a mutant of vouchers that breaks it, the rules it is judged by, and all among them that it breaks.
CAUGHT = [
    ("VTK-04", "vtk-key-of-few", "VTK-04,VTK-05,VTK-06", {"VTK-04"}),
    ("VTK-06", "vtk-cached", "VTK", {"VTK-06"}),
    ("VTK-07", "vtk-telling-page", "VTK", {"VTK-07"}),
    ("VTK-08", "vtk-rounded", "VTK", {"VTK-08"}),
    ("EVT-01", "evt-coupons-only", "EVT-01,EVT-06,EVT-08", {"EVT-01"}),
    ("EVT-01", "evt-202", "EVT-01,EVT-06,EVT-08,EVT-10,CAT-02", {"EVT-01"}),
    ("EVT-02", "evt-forgetful", "EVT-01,EVT-02,EVT-09", {"EVT-02"}),
    ("EVT-03", "evt-looks-first", "EVT-03", {"EVT-03"}),
    ("EVT-06", "evt-unknown-refused", "EVT-01,EVT-06,EVT-07", {"EVT-06"}),
    ("EVT-07", "evt-stuck", "EVT-06,EVT-07,EVT-08", {"EVT-07"}),
    ("EVT-07", "evt-no-price", "EVT-06,EVT-07,EVT-08", {"EVT-07"}),
    ("EVT-08", "evt-foreign-refused", "EVT-01,EVT-08", {"EVT-08"}),
    ("EVT-09", "evt-trusts-refunds", "EVT-02,EVT-09", {"EVT-09"}),
    ("EVT-09", "evt-trusts-prices-of-its-own", "EVT-07,EVT-09", {"EVT-09"}),
    ("CAT-01", "cat-few-columns", "CAT-01,CAT-02,CAT-04,CAT-07", {"CAT-01"}),
    ("CAT-02", "cat-never-withdrawn", "CAT-01,CAT-02,CAT-03", {"CAT-02"}),
    ("CAT-02", "cat-unknown-fails", "CAT", {"CAT-02"}),
    ("CAT-03", "cat-merging", "CAT-01,CAT-02,CAT-03", {"CAT-03"}),
    ("CAT-04", "cat-update-dropped", "CAT", {"CAT-04"}),
    ("CAT-05", "cat-last-wins", "CAT", {"CAT-05"}),
    ("CAT-06", "cat-values-stay", "CAT", {"CAT-06"}),
    ("CAT-07", "cat-gone", "CAT", {"CAT-07"}),
    ("VCH-01", "vch-pays-value", "VCH-01,VCH-03,VCH-06", {"VCH-01"}),
    ("VCH-01", "vch-url-decoded", "VCH-01,VCH-07", {"VCH-01"}),
    ("VCH-02", "vch-cancel-keeps", "VCH-01,VCH-02,VCH-03", {"VCH-02"}),
    ("VCH-03", "vch-refunds-rejected", "VCH-01,VCH-02,VCH-03", {"VCH-03"}),
    ("VCH-03", "vch-no-refund", "EVT-04,EVT-12,VCH-03", {"VCH-03"}),
    ("VCH-04", "vch-confirms-each", "VCH-02,VCH-04", {"VCH-04"}),
    ("VCH-04", "vch-confirms-unpaid", "VCH-02,VCH-04", {"VCH-04"}),
    ("VCH-08", "vch-no-hold", "VCH-08", {"VCH-08"}),
    ("VCH-10", "vch-refunds-each", "VCH-10", {"VCH-10"}),
]

# CLIENTs of several faults by their mutants' names, and all rules that these break together.
TOGETHER = [
    ("bet-any-currency rollback-again result-negative", "BET-07 RBK-07 RES-06"),
    (
        "bet-ban-ignored bet-two-decimals idm-composed rollback-nothing-pays",
        "BET-08 BET-13 IDM-08 RBK-04 RBK-07 RBK-08 RBK-10 RBK-11",
    ),
    ("bet-opens-account rollback-rollback-pays", "BET-06 RBK-11"),
    ("bet-other-code amount-rounded rollback-orphan-copy result-banned-lost", "BET-03 BET-11 RBK-05 RES-04"),
    ("bet-refusal-forgotten idm-with-amount", "BET-05 IDM-05 RBK-06"),
    (
        "bet-zero-unit memory-30 rollback-clamped rollback-orphan-deposits",
        "BET-09 IDM-04 IDM-10 RBK-03 RBK-04",
    ),
    # Whose ids are each player's or each action's own knows no rollback that came first.
    (
        "amount-32-bits idm-by-player rollback-anyone-asker rollback-any-currency",
        "BET-12 IDM-07 RBK-06 RBK-10 RBK-15",
    ),
    ("idm-by-action rollback-refused-paid", "IDM-06 RBK-06 RBK-08"),
    ("idm-copy-new-id rollback-always-adds result-zero-refused", "IDM-01 RBK-02 RBK-05 RES-02"),
    ("idm-no-results", "IDM-01 IDM-04 IDM-05 IDM-06 IDM-07 IDM-09 IDM-10"),
    ("idm-by-bytes", "BET-05 IDM-04 IDM-05 IDM-06 IDM-07 IDM-09 IDM-10"),
    ("idm-in-memory rollback-orphan-unknown", "IDM-04 IDM-10 RBK-04"),
    ("memory-undone", "RBK-07"),
    # SHOULDs alone: judged by all rules of their provider, and no MUST is failed.
    (
        "sig-401 msg-no-extras amount-rounded bet-refusal-forgotten bet-any-currency bet-zero-unit memory-prefix "
        "rollback-clamped rollback-as-asked out-login-each-time",
        "SIG-06 MSG-11 BET-05 BET-07 BET-09 BET-11 IDM-08 RBK-03 RBK-06 RBK-09 OUT-04",
    ),
    (
        "amount-rounded-down idm-by-player idm-trimmed rollback-spent-refused rollback-late-bet rollback-any-currency "
        "msg-late-limit out-token-per-thread",
        "MSG-14 BET-11 IDM-07 IDM-08 RBK-03 RBK-06 RBK-15 OUT-04",
    ),
    (
        "vtk-user-each-time evt-unknown-refused evt-texts-only cat-update-dropped cat-last-wins",
        "VTK-05 EVT-06 EVT-10 CAT-04 CAT-05",
    ),
    ("sig-401 sig-rollback-open msg-nan", "SIG-06 SIG-08 MSG-02"),
    ("sig-as-number msg-400 msg-no-extras", "SIG-01 MSG-01 MSG-11"),
    ("sig-only-if-present msg-error-object amount-signed", "SIG-03 MSG-04 MSG-08"),
    ("sig-poisoned msg-two-errors msg-unknown-result", "SIG-05 MSG-02 MSG-06 MSG-09"),
    ("sig-prefix msg-no-id amount-no-exponent", "SIG-02 MSG-03 MSG-07 MSG-12"),
    ("sig-reserialised msg-number-id amount-true-is-one", "SIG-04 MSG-03 MSG-07"),
    ("sig-transaction-open", "SIG-02 SIG-03 SIG-08"),
    ("msg-any-method", "MSG-15"),
    (
        "msg-content-type msg-currency-default msg-any-endpoint amount-else-zero",
        "MSG-02 MSG-06 MSG-07 MSG-08 MSG-10 MSG-12",
    ),
    ("msg-mark msg-injectable", "MSG-02 MSG-13"),
    ("out-token-for-ever", "OUT-05"),
    ("msg-ids-per-action bet-opens-account msg-utf-16 msg-late-limit", "MSG-05 BET-06 MSG-02 MSG-14"),
    (
        "chk-none chk-no-iss chk-iat-text chk-currency-lower chk-price-text chk-empty-variant chk-no-reference",
        "CHK-01 CHK-02 CHK-03 CHK-04 CHK-05 CHK-07 CHK-08",
    ),
    (
        "chk-unproven chk-iss-address chk-milliseconds chk-currency-symbol chk-percentage-text chk-number-variant "
        "chk-empty-reference",
        "CHK-01 CHK-02 CHK-03 CHK-04 CHK-05 CHK-07 CHK-08",
    ),
    (
        "chk-hs512 chk-no-sub chk-iat-fraction chk-no-currency chk-no-percentage chk-title-variant "
        "chk-reused-reference",
        "CHK-01 CHK-02 CHK-03 CHK-04 CHK-05 CHK-07 CHK-08",
    ),
    (
        "chk-id-key chk-sub-id chk-local-time chk-tax-forgotten chk-family-variant chk-reference-of-few",
        "CHK-01 CHK-02 CHK-03 CHK-06 CHK-07 CHK-08",
    ),
    (
        "chk-key-newline chk-sub-lower chk-no-iat chk-tax-twice chk-no-variant chk-clock-reference",
        "CHK-01 CHK-02 CHK-03 CHK-06 CHK-07 CHK-08",
    ),
    (
        "chk-browser-merchant chk-browser-time chk-browser-reference chk-tax-included",
        "CHK-02 CHK-03 CHK-06 CHK-08",
    ),
    ("chk-key-id chk-negative-tax", "CHK-05 CHK-09"),
    ("chk-key-claim chk-fraction", "CHK-06 CHK-09"),
    ("chk-telling chk-tax-whole", "CHK-06 CHK-09"),
    (
        "vtk-hs512 vtk-cents vtk-milliseconds vtk-number-key vtk-user-number vtk-telling",
        "VTK-01 VTK-02 VTK-03 VTK-04 VTK-05 VTK-07",
    ),
    (
        "vtk-none vtk-amount-text vtk-iat-text vtk-no-key vtk-user-each-time",
        "VTK-01 VTK-02 VTK-03 VTK-04 VTK-05",
    ),
    ("vtk-client-secret vtk-whole-units vtk-no-iat vtk-no-check", "VTK-01 VTK-02 VTK-03 VTK-08"),
]
