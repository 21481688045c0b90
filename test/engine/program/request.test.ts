import assert from "node:assert/strict";
import { Alias } from "@pulumi/pulumi/proto/alias_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { goalOfRead, goalOfRegistration, propertiesOf, secondsOf } from "../../../engine/program/request";
import { SIGNATURE } from "../../../engine/property/value";
import { toStruct } from "../../../engine/rpc";

const TYPE = "pulumi-nodejs:dynamic/test:Thing";
const ASSET = { [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", text: "x" };

function registration(change: (request: pb.RegisterResourceRequest) => void = () => {}): pb.RegisterResourceRequest {
  const request = new pb.RegisterResourceRequest();
  request.setType(TYPE);
  request.setName("a");
  request.setCustom(true);
  request.setObject(toStruct({ size: 1 }));
  change(request);
  return request;
}

describe("a registration", () => {
  it("without options is a goal with a type, a name and inputs", () => {
    assert.deepEqual(goalOfRegistration(registration()), {
      type: TYPE,
      name: "a",
      custom: true,
      inputs: { size: 1 },
      parent: undefined,
      provider: undefined,
      dependencies: [],
      propertyDependencies: { size: [] },
      additionalSecretOutputs: [],
      ignoreChanges: [],
      customTimeouts: {},
      deletedWith: undefined,
      protect: false,
      retainOnDelete: undefined,
    });
  });

  it("hands its options on", () => {
    const goal = goalOfRegistration(
      registration((request) => {
        request.setParent("urn:parent");
        request.setProvider("urn:provider::1");
        request.setDeletedwith("urn:other");
        request.setProtect(true);
        request.setRetainondelete(false);
        request.setDependenciesList(["urn:x"]);
        request.setIgnorechangesList(["size"]);
        request.setAdditionalsecretoutputsList(["token"]);
        const dependencies = new pb.RegisterResourceRequest.PropertyDependencies();
        dependencies.setUrnsList(["urn:x"]);
        request.getPropertydependenciesMap().set("size", dependencies);
        const timeouts = new pb.RegisterResourceRequest.CustomTimeouts();
        timeouts.setDelete("30s");
        request.setCustomtimeouts(timeouts);
      }),
    );
    const { type, name, custom, inputs, ...options } = goal;
    assert.deepEqual(options, {
      parent: "urn:parent",
      provider: "urn:provider::1",
      dependencies: ["urn:x"],
      propertyDependencies: { size: ["urn:x"] },
      additionalSecretOutputs: ["token"],
      ignoreChanges: ["size"],
      customTimeouts: { delete: 30 },
      deletedWith: "urn:other",
      protect: true,
      retainOnDelete: false,
    });
  });

  const REFUSED: Readonly<Record<string, (request: pb.RegisterResourceRequest) => void>> = {
    "has the option import": (request) => request.setImportid("a-0"),
    "has the option deleteBeforeReplace": (request) => request.setDeletebeforereplacedefined(true),
    "has the option aliases, version": (request) => {
      request.setAliasurnsList(["urn:x"]);
      request.setVersion("1.0.0");
    },
    "resource of type aws:s3:Bucket, not a dynamic one": (request) => request.setType("aws:s3:Bucket"),
    "has an asset among its properties": (request) => request.setObject(toStruct({ file: ASSET })),
  };
  for (const [message, change] of Object.entries(REFUSED)) {
    it(`is refused: ${message}`, () => {
      assert.throws(() => goalOfRegistration(registration(change)), new RegExp(`${message}.*use the Pulumi CLI$`));
    });
  }

  it("may say that it was a resource of a plugin, which is in no state of this engine", () => {
    const aliasOf = (type: string) => {
      const spec = new Alias.Spec();
      spec.setType(type);
      const alias = new Alias();
      alias.setSpec(spec);
      return registration((request) => request.setAliasesList([alias]));
    };
    assert.equal(goalOfRegistration(aliasOf("aws:s3:Bucket")).type, TYPE);
    assert.throws(() => goalOfRegistration(aliasOf("pulumi-nodejs:dynamic/test:Other")), /has the option aliases/);
    assert.throws(() => goalOfRegistration(aliasOf("")), /has the option aliases/);
  });

  it("of a component may have any type, unless a plugin has to make it", () => {
    const component = registration((request) => {
      request.setType("aws:eks:Cluster");
      request.setCustom(false);
    });
    assert.equal(goalOfRegistration(component).type, "aws:eks:Cluster");
    component.setRemote(true);
    assert.throws(() => goalOfRegistration(component), /type aws:eks:Cluster/);
  });
});

describe("a read", () => {
  it("is a goal for a resource that the stack does not manage", () => {
    const request = new pb.ReadResourceRequest();
    request.setType(TYPE);
    request.setName("a");
    request.setProperties(toStruct({ size: 1 }));
    const { type, name, custom, inputs } = goalOfRead(request);
    assert.deepEqual({ type, name, custom, inputs }, { type: TYPE, name: "a", custom: true, inputs: { size: 1 } });
  });

  it("of another provider's resource is refused", () => {
    const request = new pb.ReadResourceRequest();
    request.setType("aws:s3:Bucket");
    assert.throws(() => goalOfRead(request), /not a dynamic one.*use the Pulumi CLI/);
  });
});

describe("properties", () => {
  it("that are refused are told by the name of their resource", () => {
    const sent = toStruct({ file: ASSET });
    assert.throws(() => propertiesOf(sent, "urn:pulumi:dev::p::t::a"), /^Unsupported: a has an asset/);
    assert.throws(() => propertiesOf(sent, "b"), /^Unsupported: b has an asset/);
  });
});

describe("timeouts", () => {
  const SECONDS: Readonly<Record<string, number>> = {
    "30s": 30,
    "1h30m": 5400,
    "1.5m": 90,
    ".5s": 0.5,
    "250ms": 0.25,
    "2h0m1s": 7201,
  };
  for (const [duration, seconds] of Object.entries(SECONDS)) {
    it(`of ${duration} are ${seconds} seconds`, () => {
      assert.deepEqual(secondsOf({ create: duration }), { create: seconds });
    });
  }
  it("that are not set or zero are left out", () => {
    assert.deepEqual(secondsOf({ create: "", update: undefined, delete: "0s" }), {});
  });
  for (const duration of ["5", "1d", "s", "1h 30m"]) {
    it(`of ${duration} are refused`, () => {
      assert.throws(() => secondsOf({ create: duration }), /unable to parse customTimeout value/);
    });
  }
});
