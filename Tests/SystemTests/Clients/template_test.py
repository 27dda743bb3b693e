"""The template as those who deploy it see it: cfn-lint, and the SAM translator that CloudFormation runs."""
import json
import logging
import os
import re
import subprocess
import sys

from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from harness import run

# The translator notes the features that it was not asked for.
logging.disable(logging.WARNING)
PROJECT = os.environ["MARTLET_PROJECT"]
TEMPLATE = f"{PROJECT}/template.json"


class NoPolicies(ManagedPolicyLoader):
    """The managed policies that SAM itself adds, without asking IAM for the list."""

    def __init__(self):
        self._policy_map = {"AWSLambdaBasicExecutionRole":
                            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}


def translated(**parameters):
    with open(TEMPLATE) as file:
        template = json.load(file)
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    # As `aws cloudformation package` leaves them: code that lies in a bucket.
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://code/" + resource["Properties"]["CodeUri"].split("/")[-1]
    return transform(template, parameters, NoPolicies())


def of_type(template, kind):
    return {name: body for name, body in template["Resources"].items() if body["Type"] == kind}


def test_cfn_lint_finds_no_error():
    done = subprocess.run([os.path.dirname(sys.executable) + "/cfn-lint", "--non-zero-exit-code", "error", TEMPLATE],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_translator_makes_cloudformation_of_it():
    source = json.load(open(TEMPLATE))
    functions = of_type(source, "AWS::Serverless::Function")
    template = translated()
    assert "Transform" not in template
    assert not [name for name, body in template["Resources"].items() if "::Serverless::" in body["Type"]]
    assert set(of_type(template, "AWS::Lambda::Function")) == set(functions)
    aliases = of_type(template, "AWS::Lambda::Alias")
    assert len(aliases) == len(functions) == len(of_type(template, "AWS::Lambda::Version"))
    assert all(alias["Properties"]["Name"] == "live" for alias in aliases.values())


def test_traffic_moves_gradually_and_goes_back_on_an_alarm():
    template = translated(Rollout="Canary10Percent5Minutes")
    functions = of_type(template, "AWS::Lambda::Function")
    groups = of_type(template, "AWS::CodeDeploy::DeploymentGroup")
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    assert len(groups) == len(functions), "a function is deployed without a deployment preference"
    for name, group in groups.items():
        properties = group["Properties"]
        function = name.removesuffix("DeploymentGroup")
        assert "Canary10Percent5Minutes" in json.dumps(properties["DeploymentConfigName"]), group
        assert "DEPLOYMENT_STOP_ON_ALARM" in properties["AutoRollbackConfiguration"]["Events"], group
        watching = [alarms[alarm["Name"]["Ref"]] for alarm in properties["AlarmConfiguration"]["Alarms"]]
        assert any(f"${{{function}}}:live" in json.dumps(alarm) for alarm in watching), \
            f"{function} needs an alarm on its own errors in DeploymentPreference.Alarms"


def test_every_caller_uses_the_alias():
    template = translated()
    functions = set(of_type(template, "AWS::Lambda::Function"))
    for name, body in (of_type(template, "AWS::ApiGatewayV2::Integration") | of_type(template, "AWS::Lambda::Permission")
                       | of_type(template, "AWS::ApiGatewayV2::Api")
                       | of_type(template, "AWS::Lambda::EventSourceMapping")).items():
        text = json.dumps(body)
        named = [function for function in functions
                 if f'"Ref": "{function}"' in text or f"${{{function}.Arn}}" in text or f'["{function}", "Arn"]' in text]
        assert not named, f"{name} calls {named} past their alias"


def test_the_websocket_stage_is_throttled():
    stages = [body["Properties"] for body in of_type(translated(), "AWS::ApiGatewayV2::Stage").values()]
    socket = [stage for stage in stages if stage["ApiId"] == {"Ref": "ChatApi"}]
    assert [stage["DefaultRouteSettings"] for stage in socket] == [
        {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100}], stages


def test_two_stacks_fit_into_one_account():
    """Every name that is unique in an account has the stack's name in it."""
    for name, body in translated()["Resources"].items():
        for key in ("TableName", "FunctionName", "Name", "QueueName", "RoleName", "LogGroupName"):
            value = body.get("Properties", {}).get(key)
            if body["Type"].startswith(("AWS::DynamoDB", "AWS::SecretsManager", "AWS::SQS", "AWS::Logs", "AWS::IAM",
                                        "AWS::SSM")) and value:
                assert "AWS::StackName" in json.dumps(value), f"{name}: {key} {value} is the same in every stack"


def test_the_guide_names_what_is_there():
    with open(f"{PROJECT}/docs/deploy.md") as file:
        guide = file.read()
    template = json.load(open(TEMPLATE))
    for pattern, names in [(r"--logical-resource-id (\w+)", template["Resources"]), (r"OutputKey==`(\w+)`", template["Outputs"]),
                           (r"\b([A-Z][a-z]\w+)=(?!=)", template["Parameters"])]:
        found = re.findall(pattern, guide)
        assert found and set(found) <= set(names), (pattern, found)
    kept = {name for name, body in template["Resources"].items() if body.get("DeletionPolicy") == "Retain"}
    assert kept == {"Conversations", "Turns", "ContentBucket", "TokenKey", "ProviderKeys"}, f"docs/deploy.md says what stays: {kept}"
    secrets = {body["Properties"]["Name"]["Fn::Sub"].replace("${AWS::StackName}", "martlet-prod")
               for body in of_type(template, "AWS::SecretsManager::Secret").values()}
    assert set(re.findall(r"--secret-id (\S+)", guide)) <= secrets, secrets


def test_samconfig_deploys_staging_and_prod():
    import tomllib
    with open(f"{PROJECT}/samconfig.toml", "rb") as file:
        config = tomllib.load(file)
    parameters = json.load(open(TEMPLATE))["Parameters"]
    stacks = set()
    for stage in ("staging", "prod"):
        deploy = config[stage]["deploy"]["parameters"]
        stacks.add(deploy["stack_name"])
        assert deploy["capabilities"] == "CAPABILITY_IAM" and deploy["template_file"] == "template.json", deploy
        given = dict(entry.split("=", 1) for entry in deploy["parameter_overrides"])
        for name, value in given.items():
            assert name in parameters, f"the template has no parameter {name}"
            allowed = parameters[name].get("AllowedValues")
            assert allowed is None or value.strip('"') in allowed, (name, value)
    assert len(stacks) == 2


run(globals())
