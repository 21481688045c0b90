module example

go 1.25

require (
	github.com/pulumi-oss-cname/pulumi-oss-cname/sdk/go v0.0.0
	github.com/pulumi/pulumi/sdk/v3 v3.256.0
)

replace github.com/pulumi-oss-cname/pulumi-oss-cname/sdk/go => ./sdks/pulumi-oss-cname-oss-cname
