// The function app: a .NET isolated worker on the Flex Consumption plan. Secrets in its settings are the first password and, without a key
// vault, the keys that seal secrets.

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
@description('The keys, or a reference to a key vault that holds them.')
@secure()
param sealingKeys string
param keyVaultUri string
param searchAddress string
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
    keyVaultReferenceIdentity: identityId
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
        name: 'dotnet-isolated'
        version: '10.0'
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
        // The host, its triggers and the task hub derive the addresses of blobs, queues and tables from the account's name.
        AzureWebJobsStorage__accountName: storageAccountName
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identityClientId
        // The worker's own storage clients choose the identity by this name.
        AZURE_CLIENT_ID: identityClientId
        AzureWebJobsDisableHomepage: 'true'
        // Above the app's own limit of 100 MiB, which answers in the API's form; the host would answer with status 500.
        FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '115343360'
        // Installations that share an account must not share a task hub.
        AzureFunctionsJobHost__extensions__durableTask__hubName: '${prefix}Hub'
        CLOUDREVE_PREFIX: prefix
        // The plan supports no other source of blob triggers.
        CLOUDREVE_BLOB_TRIGGER: 'EventGrid'
        // The platform's front end overwrites this header: docs/decisions/2026-11-28-client-address-header.md.
        CLOUDREVE_CLIENT_ADDRESS_HEADER: 'CLIENT-IP'
        CLOUDREVE_ADMIN_EMAIL: adminEmail
        CLOUDREVE_SEALING_KEYS: sealingKeys
      },
      empty(adminPassword) ? {} : { CLOUDREVE_ADMIN_PASSWORD: adminPassword },
      empty(keyVaultUri) ? {} : { CLOUDREVE_KEY_VAULT: keyVaultUri },
      empty(searchAddress) ? {} : { CLOUDREVE_SEARCH: searchAddress },
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
