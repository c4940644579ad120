// The app's rights on its storage account, and nothing beyond it.

param storageAccountName string
param principalId string

// Built-in roles. The app, the Functions host (keys, leases, triggers) and its durable task hub share them. Blob Data Owner includes
// signing with a user delegation key. A blob trigger with Event Grid as its source needs no more; the source LogsAndContainerScan would
// change properties of the account and need Storage Account Contributor.
var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(roles): {
    name: guid(account.id, principalId, role.value)
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    }
  }
]
