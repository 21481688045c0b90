/** What Pulumi's dynamic-provider process loads, by the names in `ProviderName`. */
export {};
