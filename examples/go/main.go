// A custom domain of a bucket, with its records in Alibaba Cloud DNS.
package main

import (
	"github.com/pulumi-oss-cname/pulumi-oss-cname/sdk/go/osscname"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		www, err := osscname.NewCustomDomain(ctx, "www", &osscname.CustomDomainArgs{
			Bucket: pulumi.String("site"),
			Domain: "www.example.com",
			Dns: osscname.AlidnsChoiceArgs{
				Alidns: osscname.AlidnsOptionsArgs{Ttl: pulumi.IntRef(600)},
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("url", www.Url)
		return nil
	})
}
