// The function app: a custom handler on the Flex Consumption plan, without a secret in its settings but the first password.

param name string
param location string
param tags object
param prefix string
param identityId string
param identityClientId string
param storageAccountName string
param packageContainerUrl string
param instanceMemoryMB int
param maximumInstanceCount int
param adminEmail string
@secure()
param adminPassword string
param keyVaultUri string
param telemetryConnectionString string

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: '${name}-plan'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the service of azure.yaml by this tag.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(
      {
        AzureWebJobsStorage__accountName: storageAccountName
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identityClientId
        // The handler's own storage clients choose the identity by this name.
        AZURE_CLIENT_ID: identityClientId
        CLOUDREVE_PREFIX: prefix
        // Installations that share an account must not share a task hub.
        AzureFunctionsJobHost__extensions__durableTask__hubName: '${prefix}Hub'
        CLOUDREVE_ADMIN_EMAIL: adminEmail
      },
      empty(adminPassword) ? {} : { CLOUDREVE_ADMIN_PASSWORD: adminPassword },
      empty(keyVaultUri) ? {} : { CLOUDREVE_KEY_VAULT: keyVaultUri },
      empty(telemetryConnectionString)
        ? {}
        : {
            APPLICATIONINSIGHTS_CONNECTION_STRING: telemetryConnectionString
            APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
          }
    )
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
