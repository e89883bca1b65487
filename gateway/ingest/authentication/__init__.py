"""Who a mail's From really is: SPF, DKIM, DMARC and ARC asked and judged; `prover.Prover` is the door."""
