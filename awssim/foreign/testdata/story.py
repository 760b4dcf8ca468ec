"""The whole of a migration by hand, told with boto3 to a simulated AWS; world.yaml is what it finds there.

unittest runs the tests in the order of their names, and each stands for itself.
"""

import json
import time
import unittest

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

PATIENCE = 120  # seconds, for whatever a test waits for
ACCOUNT = "111111111111"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/"
OLD, NEW = KEY + "0d000000-0000-4000-8000-000000000001", KEY + "0e000000-0000-4000-8000-000000000002"
ROLE, MEMBER = f"arn:aws:iam::{ACCOUNT}:role/canary", f"arn:aws:iam::{ACCOUNT}:role/rekey-member"
HUB = boto3.Session("AKIAREKEYHUB00000000", "simulated-secret-of-the-hub")
OWNER = boto3.Session("AKIASHOPOWNER0000000", "simulated-secret-of-the-owner")
STRANGER = boto3.Session("AKIASHOPSTRANGER0000", "simulated-secret-of-a-stranger")


def member():
    """The member role's session, as the hub gets it."""
    c = HUB.client("sts").assume_role(RoleArn=MEMBER, RoleSessionName="boto3", ExternalId="rekey-external-id")["Credentials"]
    return boto3.Session(c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])


class Story(unittest.TestCase):
    def setUp(self):
        self.member = member()

    def until(self, condition):
        """Asks again and again until the condition gives something true, and returns that."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := condition():
                return found
        self.fail(f"not within {PATIENCE} s")

    def refused(self, code, status, call, **members):
        with self.assertRaises(ClientError) as caught:
            call(**members)
        answer = caught.exception.response
        self.assertEqual((code, status), (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]))
        return answer["Error"].get("Message", "")


class Access(Story):
    def test_accounts(self):
        pages = HUB.client("organizations").get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 2})
        accounts = {a["Id"]: a for page in pages for a in page["Accounts"]}
        self.assertEqual({"900000000000", ACCOUNT, "222222222222"}, set(accounts))
        self.assertEqual("ACTIVE", accounts[ACCOUNT]["State"])

    def test_regions(self):
        pages = self.member.client("account").get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 5})
        regions = {r["RegionName"]: r["RegionOptStatus"] for page in pages for r in page["Regions"]}
        self.assertEqual("ENABLED_BY_DEFAULT", regions["eu-west-1"])

    def test_the_external_id_is_asked_for(self):
        self.refused("AccessDenied", 403, HUB.client("sts").assume_role, RoleArn=MEMBER, RoleSessionName="boto3")

    def test_identity(self):
        identity = self.member.client("sts").get_caller_identity()
        self.assertEqual(f"arn:aws:sts::{ACCOUNT}:assumed-role/rekey-member/boto3", identity["Arn"])


class Role(Story):
    def test_inline_policy(self):
        iam, name = self.member.client("iam"), {"RoleName": "canary", "PolicyName": "rekey"}
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": NEW}]}
        iam.put_role_policy(**name, PolicyDocument=json.dumps(policy))
        self.assertEqual(policy, iam.get_role_policy(**name)["PolicyDocument"])
        pages = iam.get_paginator("list_role_policies").paginate(RoleName="canary", PaginationConfig={"PageSize": 1})
        self.assertIn("rekey", [p for page in pages for p in page["PolicyNames"]])
        iam.delete_role_policy(**name)
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_role_policy(**name)

    def test_role(self):
        role = self.member.client("iam").get_role(RoleName="canary")["Role"]
        self.assertEqual(ROLE, role["Arn"])
        self.assertEqual("lambda.amazonaws.com", role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"])

    def test_errors(self):
        iam, name = self.member.client("iam"), {"RoleName": "canary", "PolicyName": "rekey"}
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName="nobody")
        with self.assertRaises(iam.exceptions.MalformedPolicyDocumentException):
            iam.put_role_policy(**name, PolicyDocument="{}")
        with self.assertRaises(iam.exceptions.LimitExceededException):
            many = [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": NEW}] * 200
            iam.put_role_policy(**name, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": many}))


class Key(Story):
    def test_grant(self):
        kms = self.member.client("kms")
        ask = {"KeyId": NEW, "GranteePrincipal": ROLE, "Operations": ["GenerateDataKey", "Decrypt"], "Name": "by-boto3"}
        grant = kms.create_grant(**ask)["GrantId"]
        self.assertEqual(grant, kms.create_grant(**ask)["GrantId"])
        pages = kms.get_paginator("list_grants").paginate(KeyId=NEW, GranteePrincipal=ROLE, PaginationConfig={"PageSize": 1})
        self.assertIn(grant, [g["GrantId"] for page in pages for g in page["Grants"]])
        kms.revoke_grant(KeyId=NEW, GrantId=grant)
        with self.assertRaises(kms.exceptions.NotFoundException):
            kms.revoke_grant(KeyId=NEW, GrantId=grant)

    def test_policy(self):
        kms = self.member.client("kms")
        policy = json.loads(kms.get_key_policy(KeyId=NEW, PolicyName="default")["Policy"])
        policy["Statement"].append({"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:Decrypt", "Resource": "*"})
        kms.put_key_policy(KeyId=NEW, PolicyName="default", Policy=json.dumps(policy))
        self.assertEqual(policy, json.loads(kms.get_key_policy(KeyId=NEW)["Policy"]))
        with self.assertRaises(kms.exceptions.MalformedPolicyDocumentException):
            kms.put_key_policy(KeyId=NEW, Policy="{}")

    def test_key(self):
        kms = self.member.client("kms")
        key = kms.describe_key(KeyId="alias/new")["KeyMetadata"]
        self.assertEqual((NEW, "Enabled", True), (key["Arn"], key["KeyState"], key["Enabled"]))
        aliases = [a["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for a in page["Aliases"]]
        self.assertIn("alias/old", aliases)

    def test_errors(self):
        kms = self.member.client("kms")
        with self.assertRaises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId="alias/none")
        with self.assertRaises(kms.exceptions.DryRunOperationException):
            kms.create_grant(KeyId=NEW, GranteePrincipal=ROLE, Operations=["Decrypt"], DryRun=True)
        with self.assertRaises(kms.exceptions.InvalidArnException):
            kms.create_grant(KeyId=NEW, GranteePrincipal=ROLE + "-none", Operations=["Decrypt"])
        self.refused("ValidationException", 400, kms.create_grant, KeyId=NEW, GranteePrincipal=ROLE, Operations=["Guess"])


class Canary(Story):
    def setUp(self):
        super().setUp()
        self.synthetics = self.member.client("synthetics")

    def state(self, name):
        return self.synthetics.get_canary(Name=name)["Canary"]["Status"]["State"]

    def encryption(self, name):
        return self.synthetics.get_canary(Name=name)["Canary"].get("ArtifactConfig", {}).get("S3Encryption", {})

    def runs(self, name):
        return {r["Id"]: r for r in self.synthetics.get_canary_runs(Name=name)["CanaryRuns"]}

    def passed(self, name, known):
        """A run that has passed and isn't among the known ones."""
        return next((r for id, r in self.runs(name).items() if id not in known and r["Status"]["State"] == "PASSED"), None)

    def test_discovery(self):
        names, page = [], {}
        while True:
            page = self.synthetics.describe_canaries(MaxResults=2, **page)
            names += [c["Name"] for c in page["Canaries"]]
            if "NextToken" not in page:
                break
            page = {"NextToken": page["NextToken"]}
        self.assertEqual(["checkout", "login", "search", "stopped", "trial"], names)
        last = self.synthetics.describe_canaries_last_run(Names=["checkout"])["CanariesLastRun"][0]
        self.assertEqual("PASSED", last["LastRun"]["Status"]["State"])
        versions = {v["VersionName"] for v in self.synthetics.describe_runtime_versions()["RuntimeVersions"]}
        self.assertIn("syn-nodejs-puppeteer-11.0", versions)

    def test_move_and_back(self):
        self.assertEqual({"EncryptionMode": "SSE_KMS", "KmsKeyArn": OLD}, self.encryption("checkout"))
        kms, s3 = self.member.client("kms"), self.member.client("s3")
        kms.create_grant(KeyId=NEW, GranteePrincipal=ROLE, Operations=["GenerateDataKey", "Decrypt"], Name="for-checkout")
        wanted = {"EncryptionMode": "SSE_KMS", "KmsKeyArn": NEW}
        self.synthetics.update_canary(Name="checkout", ArtifactConfig={"S3Encryption": wanted})
        with self.assertRaises(self.synthetics.exceptions.ConflictException):
            self.synthetics.update_canary(Name="checkout", ArtifactConfig={"S3Encryption": wanted})
        self.until(lambda: self.state("checkout") == "RUNNING")
        self.assertEqual(wanted, self.encryption("checkout"))
        earlier = self.runs("checkout")  # in flight when the update was done, they may have the old key
        run = self.until(lambda: self.passed("checkout", earlier))
        bucket, prefix = run["ArtifactS3Location"].split("/", 1)
        artifacts = s3.list_objects_v2(Bucket=bucket, Prefix=prefix + "/")["Contents"]
        self.assertEqual({NEW}, {s3.head_object(Bucket=bucket, Key=a["Key"])["SSEKMSKeyId"] for a in artifacts})
        self.synthetics.update_canary(Name="checkout", ArtifactConfig={"S3Encryption": {}})
        self.until(lambda: self.state("checkout") == "RUNNING")
        self.assertEqual({}, self.encryption("checkout"))

    def test_dry_run(self):
        if not hasattr(self.synthetics, "start_canary_dry_run"):
            self.skipTest("this boto3 is older than dry runs")
        kms = self.member.client("kms")
        kms.create_grant(KeyId=NEW, GranteePrincipal=ROLE, Operations=["GenerateDataKey", "Decrypt"], Name="for-trial")
        wanted = {"EncryptionMode": "SSE_KMS", "KmsKeyArn": NEW}
        dry = self.synthetics.start_canary_dry_run(Name="trial", ArtifactConfig={"S3Encryption": wanted})["DryRunConfig"]["DryRunId"]

        def passed():
            config = self.synthetics.get_canary(Name="trial", DryRunId=dry)["Canary"]["DryRunConfig"]
            return config.get("LastDryRunExecutionStatus") == "PASSED"

        self.until(passed)
        runs = self.synthetics.get_canary_runs(Name="trial", DryRunId=dry)["CanaryRuns"]
        self.assertEqual([dry], [r["DryRunConfig"]["DryRunId"] for r in runs])
        self.synthetics.update_canary(Name="trial", DryRunId=dry)
        self.until(lambda: self.state("trial") == "RUNNING")
        self.assertEqual(wanted, self.encryption("trial"))

    def test_start_and_stop(self):
        self.synthetics.start_canary(Name="stopped")
        self.until(lambda: self.state("stopped") == "RUNNING")
        self.synthetics.stop_canary(Name="stopped")
        self.until(lambda: self.state("stopped") == "STOPPED")
        with self.assertRaises(self.synthetics.exceptions.ConflictException):
            self.synthetics.stop_canary(Name="stopped")

    def test_errors(self):
        with self.assertRaises(self.synthetics.exceptions.ValidationException):
            self.synthetics.describe_canaries(MaxResults=20, Names=["UPPER"])
        with self.assertRaises(self.synthetics.exceptions.ResourceNotFoundException):
            self.synthetics.get_canary(Name="nobody")
        self.refused("ValidationException", 400, self.synthetics.update_canary, Name="checkout",
                     ArtifactConfig={"S3Encryption": {"EncryptionMode": "SSE-KMS"}})


class Artifacts(Story):
    def setUp(self):
        super().setUp()
        self.s3 = self.member.client("s3")

    def test_bucket(self):
        self.assertEqual("eu-west-1", self.s3.get_bucket_location(Bucket="shop-artifacts")["LocationConstraint"])
        rules = self.s3.get_bucket_encryption(Bucket="shop-artifacts")["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertTrue(rules[0]["BucketKeyEnabled"])
        self.assertIn("Own", self.s3.get_bucket_policy(Bucket="shop-artifacts")["Policy"])

    def test_bucket_elsewhere(self):
        """boto3 follows the redirect to the bucket's Region."""
        self.assertIsNone(self.s3.get_bucket_location(Bucket="shop-plain")["LocationConstraint"])
        self.refused("NoSuchBucketPolicy", 404, self.s3.get_bucket_policy, Bucket="shop-plain")

    def test_objects(self):
        s3, name = OWNER.client("s3"), {"Bucket": "shop-artifacts", "Key": "notes/größer & +1"}
        put = s3.put_object(**name, Body=b"a note", ServerSideEncryption="aws:kms", SSEKMSKeyId=NEW)
        self.assertEqual(NEW, put["SSEKMSKeyId"])
        self.assertEqual(b"a note", s3.get_object(**name)["Body"].read())
        self.assertEqual("aws:kms", s3.head_object(**name)["ServerSideEncryption"])
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="shop-artifacts", PaginationConfig={"PageSize": 3})
        self.assertIn(name["Key"], [o["Key"] for page in pages for o in page["Contents"]])

    def test_errors(self):
        missing = {"Bucket": "shop-artifacts", "Key": "none"}
        self.refused("404", 404, self.s3.head_object, **missing)
        with self.assertRaises(self.s3.exceptions.NoSuchKey):
            self.s3.get_object(**missing)
        self.refused("NoSuchBucket", 404, self.s3.list_objects_v2, Bucket="no-such-bucket")
        self.refused("403", 403, STRANGER.client("s3", region_name="us-east-1").head_object, Bucket="shop-plain", Key="none")
        self.refused("AccessDenied", 403, self.s3.put_object, **missing, Body=b"")


class Refusals(Story):
    def test_unsigned(self):
        unsigned = Config(signature_version=UNSIGNED)
        for service, code, status, call in [
            ("sts", "MissingAuthenticationToken", 403, lambda c: c.get_caller_identity()),
            ("kms", "MissingAuthenticationTokenException", 400, lambda c: c.list_aliases()),
            ("synthetics", "MissingAuthenticationTokenException", 403, lambda c: c.describe_canaries()),
            ("s3", "AccessDenied", 403, lambda c: c.list_objects_v2(Bucket="shop-artifacts")),
        ]:
            with self.subTest(service):
                self.refused(code, status, call, c=OWNER.client(service, config=unsigned))

    def test_signed_with_another_secret(self):
        forger = boto3.Session("AKIASHOPOWNER0000000", "another-secret")
        self.refused("SignatureDoesNotMatch", 403, forger.client("iam").get_role, RoleName="canary")
        self.refused("InvalidSignatureException", 403, forger.client("synthetics").describe_canaries)
        self.refused("InvalidSignatureException", 400, forger.client("kms").list_aliases)
        self.refused("SignatureDoesNotMatch", 403, forger.client("s3").list_objects_v2, Bucket="shop-artifacts")

    def test_what_the_model_forbids(self):
        """boto3 would stop these itself."""
        unchecked = Config(parameter_validation=False)
        synthetics = self.member.client("synthetics", config=unchecked)
        with self.assertRaises(synthetics.exceptions.ValidationException):
            synthetics.get_canary_runs(Name="checkout", MaxResults=0)
        organizations = HUB.client("organizations", config=unchecked)
        with self.assertRaises(organizations.exceptions.InvalidInputException) as caught:
            organizations.list_accounts(MaxResults=21)
        self.assertEqual("MAX_VALUE_EXCEEDED", caught.exception.response["Reason"])
        said = self.refused("ValidationException", 400, self.member.client("kms", config=unchecked).describe_key, KeyId="")
        self.assertIn("Value '' at 'keyId' failed to satisfy constraint", said)
        self.refused("ValidationError", 400, self.member.client("iam", config=unchecked).get_role)
        self.refused("ValidationError", 400, HUB.client("sts", config=unchecked).assume_role, RoleArn=MEMBER, RoleSessionName="?")

    def test_without_permission(self):
        synthetics = STRANGER.client("synthetics")
        with self.assertRaises(synthetics.exceptions.AccessDeniedException):
            synthetics.update_canary(Name="checkout", ArtifactConfig={"S3Encryption": {}})
        said = self.refused("AccessDeniedException", 400, STRANGER.client("kms").describe_key, KeyId=NEW)
        self.assertIn("not authorized to perform: kms:DescribeKey on resource: " + NEW, said)
        self.refused("AccessDenied", 403, STRANGER.client("iam").get_role, RoleName="canary")


if __name__ == "__main__":
    unittest.main()
