@node "%~dp0pulumi-resource-oss-cname" %*
