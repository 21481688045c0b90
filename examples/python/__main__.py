"""Two custom domains of a bucket, with their records in Alibaba Cloud DNS."""

import pulumi
import pulumi_oss_cname as oss_cname

for name in ["www", "shop"]:
    domain = oss_cname.CustomDomain(
        name,
        bucket="site",
        domain=f"{name}.example.com",
        dns="alidns",
    )
    pulumi.export(name, domain.url)
