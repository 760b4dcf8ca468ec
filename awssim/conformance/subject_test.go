package conformance

// subject is something that facts are asked about: the environment variable's name, behind variablePrefix, that holds
// the subject's name, ARN or profile. testdata/subjects.env says what each one has to be.
type subject string

const variablePrefix = "REKEY_CONFORMANCE_"

// Canaries, by name, all of one account and Region.
const (
	canary         subject = "CANARY"
	readyCanary    subject = "READY_CANARY"
	stoppedCanary  subject = "STOPPED_CANARY"
	onceCanary     subject = "ONCE_CANARY"
	slowCanary     subject = "SLOW_CANARY"
	failingCanary  subject = "FAILING_CANARY"
	timingOut      subject = "TIMING_OUT_CANARY"
	cronCanary     subject = "CRON_CANARY"
	durationCanary subject = "DURATION_CANARY"
	errorCanary    subject = "ERROR_CANARY"
	doomedCanary   subject = "DOOMED_CANARY"
	unconfigured   subject = "UNCONFIGURED_CANARY"
	forgetful      subject = "FORGETFUL_CANARY"

	visualCanary  subject = "VISUAL_CANARY"
	oldVisual     subject = "OLD_VISUAL_CANARY"
	agedVisual    subject = "AGED_VISUAL_CANARY"
	varyingVisual subject = "VARYING_VISUAL_CANARY"

	environmentCanary subject = "ENVIRONMENT_KEY_CANARY"
	replicaCanary     subject = "REPLICA_CANARY"
	replicating       subject = "REPLICATING_CANARY"
	deprecatedCanary  subject = "DEPRECATED_CANARY"
	retiringCanary    subject = "RETIRING_CANARY"
	pythonCanary      subject = "PYTHON_CANARY"
)

// Keys, by ARN.
const (
	key            subject = "KEY"
	otherKey       subject = "OTHER_KEY"
	forbiddenKey   subject = "FORBIDDEN_KEY"
	keyAlias       subject = "KEY_ALIAS"
	multiRegionKey subject = "MULTI_REGION_KEY"
	farKey         subject = "FAR_KEY"
	disabledKey    subject = "DISABLED_KEY"
	pendingKey     subject = "PENDING_DELETION_KEY"
	importKey      subject = "PENDING_IMPORT_KEY"
	unavailableKey subject = "UNAVAILABLE_KEY"
	fullKey        subject = "FULL_KEY"
	undelegatedKey subject = "UNDELEGATED_KEY"
	foreignKey     subject = "FOREIGN_KEY"
	closedKey      subject = "FOREIGN_CLOSED_KEY"
	guardedKey     subject = "GUARDED_KEY"
)

// Roles by ARN, buckets by name, a Region, and profiles of the shared configuration for callers of other accounts.
const (
	role              subject = "ROLE"
	boundedRole       subject = "BOUNDED_ROLE"
	chainedRole       subject = "CHAINED_ROLE"
	externalRole      subject = "EXTERNAL_ROLE"
	externalID        subject = "EXTERNAL_ID"
	recreatedRole     subject = "RECREATED_ROLE"
	guardedRole       subject = "GUARDED_ROLE"
	serviceLinkedRole subject = "SERVICE_LINKED_ROLE"

	bucket        subject = "BUCKET"
	bucketKeyed   subject = "BUCKET_KEY_BUCKET"
	defaultBucket subject = "KMS_DEFAULT_BUCKET"
	onlyKMSBucket subject = "ONLY_KMS_BUCKET"
	oneKeyBucket  subject = "ONE_KEY_BUCKET"

	disabledRegion subject = "DISABLED_REGION"

	foreignProfile      subject = "FOREIGN_PROFILE"
	guardedProfile      subject = "GUARDED_PROFILE"
	organizationProfile subject = "ORGANIZATION_PROFILE"
)
