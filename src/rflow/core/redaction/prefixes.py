"""What the tokens of services begin with, and services whose keys begin with nothing special."""

# What each service's tokens begin with, from its own documentation. The rest is at least 12 letters and digits in a
# row, not all of them small letters.
PREFIXES: dict[str, str] = {
    "1Password": "ops_eyJ",
    "Aikido": "AIK_CI_ AIK_SECRET_",
    "Adobe": "p8e-",
    "age": "AGE-SECRET-KEY-1",
    "Alibaba Cloud, Volcengine": "LTAI AKLT",
    "Anthropic, OpenAI, OpenRouter": "sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or-",
    "Apify": "apify_api_",
    "Artifactory": "AKCp cmVmd",
    "Atlassian": "ATAT ATBB ATCTT ATSTT BBDC-",
    "Brevo": "xkeysib- xsmtpsib-",
    "Buildkite": "bkua_ bkaj_ bkct_ bkaa_ bkpt_",
    "Brave": "BSA",
    "Canva": "cnvca",
    "CircleCI": "CCIPAT_ CCIPRJ_",
    "Clojars": "CLOJARS_",
    "Cloudflare": "v1.0- cfut_ cfat_",
    "Cloudsmith": "csa_ csb_",
    "CockroachDB": "CCDB1_",
    "Contentful": "CFPAT-",
    "DefinedNetworking": "dnkey-",
    "Deno": "ddp_",
    "DigitalOcean": "dop_v1_ doo_v1_ dor_v1_",
    "Discord": "mfa.",
    "Docker": "dckr_pat_ dckr_oat_",
    "Doppler": "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.",
    "Duffel": "duffel_test_ duffel_live_",
    "Dynatrace": "dt0c01. dt0s01. dt0s02. dt0s04. dt0s06. dt0s08. dt0s16.",
    "EasyPost": "EZAK EZTK",
    "Elastic": "essu_",
    "Exoscale": "EXO",
    "Figma": "figd_ figo_ figor_",
    "Flutterwave": "FLWSECK- FLWSECK_TEST- FLWPUBK_TEST-",
    "Fly.io": "fo1_ fm1_ fm1a_ fm1r_ fm2_",
    "Frame.io": "fio-u-",
    "GitHub": "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
    "GitLab": "glpat- glrt- glrtr- glcbt- gldt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glwt- GR1348941",
    "Google": "AIza ya29. GOCSPX-",
    "Grafana": "glsa_ glc_ eyJrIjoi",
    "Groq, Cerebras, Tavily, Perplexity, Pinecone, xAI": "gsk_ csk- tvly- pplx- pcsk_ xai-",
    "HashiCorp Vault": "hvs. hvb. hvr.",
    "Heroku": "HRKU-",
    "HubSpot": "pat-na1- pat-na2- pat-eu1-",
    "Hugging Face": "hf_ api_org_",
    "Infracost": "ico-",
    "Intra42": "s-s4t2ud- u-s4t2ud-",
    "LangSmith": "lsv2_pt_ lsv2_sk_",
    "Linear": "lin_api_ lin_oauth_ lin_wh_",
    "LlamaCloud": "llx-",
    "Mapbox": "pk.eyJ sk.eyJ tk.eyJ",
    "Netlify": "nfp_",
    "New Relic": "NRAK- NRJS- NRII- NRIQ- NRAA- NRRA- NRBR-",
    "Notion": "ntn_ secret_",
    "npm": "npm_",
    "OpenShift": "sha256~",
    "PlanetScale": "pscale_tkn_ pscale_pw_ pscale_oauth_",
    "PostHog": "phc_ phx_",
    "Postman": "PMAK- PMAT-",
    "Prefect": "pnu_ pnb_",
    "Pulumi": "pul-",
    "PyPI": "pypi-AgE",
    "Razorpay": "rzp_live_ rzp_test_",
    "ReadMe": "rdme_",
    "Replicate": "r8_",
    "Rootly": "rootly_",
    "rflow": "rfs_ rft_ rfw_ rfi_ rfr_ rfo_ rfd_",
    "RubyGems": "rubygems_",
    "Scalingo": "tk-us-",
    "SendGrid": "SG.",
    "Sentry": "sntrys_ sntryu_",
    "SettleMint": "sm_pat_ sm_aat_ sm_sat_",
    "Shippo": "shippo_live_ shippo_test_",
    "Shopify": "shpat_ shpss_ shpca_ shppa_",
    "Slack": "xoxb- xoxa- xoxp- xoxr- xoxs- xoxo- xoxe- xoxe. xoxc- xoxd- xapp- xwfp-",
    "SonarQube": "squ_ sqp_ sqa_",
    "Sourcegraph": "sgp_ slk_",
    "Square": "sq0atp- sq0csp-",
    "Stripe": "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_ whsec_",
    "Supabase": "sbp_ sb_secret_",
    "Tailscale": "tskey-",
    "Typeform": "tfp_",
    "Vercel": "vcp_ vercel_blob_rw_ vca_ vci_ vck_ vcr_",
    "WakaTime, Weights & Biases": "waka_ wandb_v1_",
    "Yandex": "AQVN YCAJE t1.9eu",
    "Zuplo": "zpka_",
}
SERVICES = (
    "adafruit adobe airtable aiven algolia alibaba aliyun amplitude apollo asana assemblyai auth0 aws azure "
    "beamer bitbucket bitly bitrise bittrex brave browserstack bugsnag buildkite circleci civo clickhouse "
    "clickup cloudflare cloudinary codecov cohere coinbase configcat confluent contentful coveralls databricks "
    "datadog ddog deepgram digitalocean discord doppler droneci dropbox duffel dynatrace easypost elevenlabs "
    "etsy facebook fastly finicity finnhub flickr freshbooks gitea gitlab gitter gocardless grafana heroku "
    "honeycomb hubspot intercom jenkins jfrog jira kraken kucoin launchdarkly linear linkedin lob logdna loggly "
    "looker mailchimp mailgun mailjet mapbox mattermost meraki messagebird mistral mixpanel mux netlify "
    "new_relic newrelic nexmo nytimes octopus okta openai opsgenie pagerduty papertrail paypal pinecone pingdom "
    "plaid plivo postmark pusher rapidapi rollbar salesforce sendbird sendgrid sentry shopify sidekiq signalfx "
    "sinch slack snyk sonar splunk squarespace statuspage stripe sumologic supabase telegram tines travis "
    "trello twilio twitch twitter typeform vercel victorops vonage weatherapi yandex zendesk zoom "
).split()
"""Services whose keys begin with nothing special: beside such a name, a long random value is believed."""
