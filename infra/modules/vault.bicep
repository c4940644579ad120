// A key vault for the keys that sign tokens and those that seal secrets, and the app's right to read and add them.

@minLength(3)
@maxLength(24)
param name string
param location string
param tags object
param principalId string
@secure()
param sealingKeys string

// Built-in role: Key Vault Secrets Officer.
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    // A vault that is gone for good signs everybody out, and takes the keys of the site's secrets along.
    enablePurgeProtection: true
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, secretsOfficer)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
  }
}

resource keys 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'cloudreve-sealing-keys'
  properties: { value: sealingKeys }
}

// The platform follows it with the app's identity, and the app finds the keys in its settings.
output sealingKeysReference string = '@Microsoft.KeyVault(SecretUri=${keys.properties.secretUri})'
output uri string = vault.properties.vaultUri
