"""Users, roles and what they may, by the ORM, against a server that was started with --auth."""
import grpc
import numpy as np
import pymilvus
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, MilvusException, Role, connections, utility

from common import arguments, expect, report, wait_for_bulk_insert, write_npy


def refused(call):
    """What a call is refused with: gRPC's own errors, or Milvus's."""
    try:
        call()
    except grpc.RpcError as error:
        return error.details()
    except MilvusException as error:
        return error.message
    raise AssertionError("expected a refusal, got none")


def make_collection(name):
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=8),
    ]
    return Collection(name, CollectionSchema(fields))


def main():
    args = arguments()
    place = {"host": args.host, "port": args.port}
    connections.connect(**place, user="root", password="Milvus")
    refused(lambda: connections.connect("wrong", **place, user="root", password="milvus"))
    refused(lambda: connections.connect("nobody", **place))

    make_collection("books")
    make_collection("secrets")
    utility.create_user("loader", "loads-files")
    expect("users", sorted(utility.list_usernames()), ["loader", "root"])
    role = Role("importer")
    role.create()
    role.add_user("loader")
    expect("users of the role", list(role.get_users()), ["loader"])
    role.grant("Collection", "books", "Import")
    expect("grants", [grant.privilege for grant in role.list_grants().groups], ["Import"])

    connections.connect("loader", **place, user="loader", password="loads-files")
    files = write_npy(args.root, {
        "access/id.npy": np.arange(100), "access/vector.npy": np.ones((100, 8), np.float32)})
    task = utility.do_bulk_insert("books", files, using="loader")
    state = wait_for_bulk_insert(task, using="loader")
    expect("state", state.state_name, "Completed")
    denied = refused(lambda: utility.do_bulk_insert("secrets", files, using="loader"))
    expect("denied", denied, "PrivilegeImport: permission deny to loader in the `default` database")
    expect("seen", utility.list_collections(using="loader"), ["books"])

    utility.update_password("loader", "loads-files", "loads-more", using="loader")
    refused(lambda: utility.list_collections(using="loader"))
    role.revoke("Collection", "books", "Import")
    role.remove_user("loader")
    role.drop()
    utility.delete_user("loader")
    for name in ("books", "secrets"):
        utility.drop_collection(name)
    report(pymilvus=pymilvus.__version__)


main()
