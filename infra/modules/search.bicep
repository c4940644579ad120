// A search service for the text of files, and the app's right to create its index and to change what is in it.

@minLength(2)
@maxLength(60)
param name string
param location string
param tags object
param principalId string
param sku string

// Built-in roles: Search Service Contributor, Search Index Data Contributor.
var roles = ['7ca78c08-252a-4471-8644-bb5ff32d4ba0', '8ebe5a00-799e-43f5-93ac-243d3dce84a7']

resource service 'Microsoft.Search/searchServices@2023-11-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    replicaCount: 1
    partitionCount: 1
    disableLocalAuth: true
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(service.id, principalId, role)
    scope: service
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

output address string = 'https://${service.name}.search.windows.net'
