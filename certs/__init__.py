"""Certificates and keys, pure: no actor, socket or file, and `now` is always an argument.

What to use, from the top:

- `chain.verify(leaf, received, roots, profile=..., now=...)` is the one entry point of verification; it gives
  a `verdict.Verified` (the path, leaf first, root last) or `verdict.Refused` (a `Reason`, the certificate at
  fault). `.result` is EVerest's value. `chain.ordered` sorts what somebody sent.
- `profiles`: the rows of algorithms, usages and DC components per domain and protocol, and `Domain`.
- `pem.load_certificates`, `pem.load_certificate`, `pem.to_pem`, `pem.to_der`: bytes in and out.
- `keys.generate_key`, `load_key`, `key_to_pem`, `key_matches`; `requests.new_request`, `build_request`,
  `load_request` and the subject rules of OCPP.
- `hashes.hash_data`, `chain_hash_data`, `ocsp_request_data`: CertificateHashData and what to ask a CSMS for.
- `ocsp.build_request`, `ocsp.verify_response`; `ocsp_cache.cache_entry` and its hash file; `crl.load_crl`,
  `crl.verify_crl`; `revocation.Evidence` hands both to `chain.verify(revocation=...)`.
- `pki`: hierarchies, broken variants, responders and lists for tests of every kind.

- `examination.inspect` and `examine`: what is wrong with a store, for `evsite doctor certs`.

What is given and cannot be used raises `errors.CertificateError` with a `Problem`, never anything else.
`tls`, `store` and `examination.inspection`, which work with these, alone touch sockets' contexts and files.
"""
