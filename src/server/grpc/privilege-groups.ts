import { OperatePrivilegeGroupType } from '../../wire/generated/messages.js'
import type { Handlers } from './call.js'

export const privilegeGroupHandlers = {
  async CreatePrivilegeGroup({ engine }, { group_name }) {
    await engine.access.privilegeGroups.create(group_name)
    return undefined
  },

  async DropPrivilegeGroup({ engine }, { group_name }) {
    await engine.access.privilegeGroups.drop(group_name)
    return undefined
  },

  async OperatePrivilegeGroup({ engine }, { group_name, privileges, type }) {
    const { privilegeGroups } = engine.access
    const names = privileges.map(({ name }) => name)
    if (type === OperatePrivilegeGroupType.AddPrivilegesToGroup) {
      await privilegeGroups.add(group_name, names)
    } else {
      await privilegeGroups.remove(group_name, names)
    }
    return undefined
  },

  ListPrivilegeGroups: ({ engine }) => ({
    privilege_groups: engine.access.privilegeGroups.list().map(({ name, privileges }) => ({
      group_name: name,
      privileges: privileges.map((privilege) => ({ name: privilege })),
    })),
  }),
} satisfies Handlers
