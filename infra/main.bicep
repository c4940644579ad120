// Cloudreve.Functions on the Flex Consumption plan: one storage account, one function app, one identity.
// Deploy into a resource group: az deployment group create -g GROUP -f infra/main.bicep -p infra/main.bicepparam
// Then deploy the code, and after it the event route of imports: events.bicep.

targetScope = 'resourceGroup'

@description('The name of the installation: the start of every resource name.')
@minLength(3)
@maxLength(16)
param name string

@description('The region; it must offer the Flex Consumption plan.')
param location string = resourceGroup().location

@description('What the names of tables, containers and queues start with (CLOUDREVE_PREFIX): lower-case letters and digits.')
@minLength(3)
@maxLength(20)
param prefix string = 'cloudreve'

@description('The mail address of the first administrator.')
param adminEmail string

@description('The password of the first administrator. The first start needs it; once there is an administrator it is not used.')
@secure()
param adminPassword string = ''

@description('The keys that seal secrets in the tables: id:key, comma-separated, 32 random bytes in base64 each. Keep them: without them the site cannot be opened.')
@secure()
param sealingKeys string

@description('Origins whose pages may send and fetch files directly, such as https://drive.example.com. Empty: the app itself alone.')
param allowedOrigins string[] = []

@description('Lets clients use the storage account keys. The app works without them.')
param allowSharedKeyAccess bool = false

@description('The redundancy of the storage account.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param storageSku string = 'Standard_ZRS'

@description('The memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('How many instances may run at most.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Keeps the keys that sign tokens and those that seal secrets in a key vault of their own. Once on, it stays on: see docs/operations.md.')
param keyVault bool = false

@description('The size of a search service for the text of files. Empty: the app keeps indexes of its own, at no cost but their blobs.')
@allowed(['', 'basic', 'standard', 'standard2', 'standard3'])
param searchSku string = ''

@description('Creates Application Insights with its workspace and sends telemetry there.')
param monitoring bool = true

@description('Tags of every resource.')
param tags object = {}

var suffix = uniqueString(resourceGroup().id, name)
var appName = '${name}-${take(suffix, 8)}'
var appOrigin = 'https://${appName}.azurewebsites.net'

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    name: '${name}-identity'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: take('${replace(toLower(name), '-', '')}${suffix}', 24)
    location: location
    tags: tags
    sku: storageSku
    prefix: prefix
    allowSharedKeyAccess: allowSharedKeyAccess
    allowedOrigins: empty(allowedOrigins) ? [appOrigin] : allowedOrigins
  }
}

module access 'modules/access.bicep' = {
  name: 'access'
  params: {
    storageAccountName: storage.outputs.name
    principalId: identity.outputs.principalId
  }
}

module telemetry 'modules/telemetry.bicep' = if (monitoring) {
  name: 'telemetry'
  params: {
    name: name
    location: location
    tags: tags
    publisherPrincipalId: identity.outputs.principalId
  }
}

module vault 'modules/vault.bicep' = if (keyVault) {
  name: 'vault'
  params: {
    name: '${take(name, 10)}${suffix}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    sealingKeys: sealingKeys
  }
}

module search 'modules/search.bicep' = if (!empty(searchSku)) {
  name: 'search'
  params: {
    name: '${toLower(take(name, 10))}-${suffix}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    sku: searchSku
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    name: appName
    location: location
    tags: tags
    prefix: prefix
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    packageContainerUrl: storage.outputs.packageContainerUrl
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    adminEmail: adminEmail
    adminPassword: adminPassword
    // An empty one would leave the site's secrets unsealed, or closed after an earlier deployment.
    sealingKeys: empty(sealingKeys)
      ? fail('Set sealingKeys (CLOUDREVE_SEALING_KEYS): README.md says how.')
      : vault.?outputs.sealingKeysReference ?? sealingKeys
    keyVaultUri: vault.?outputs.uri ?? ''
    searchAddress: search.?outputs.address ?? ''
    telemetryConnectionString: telemetry.?outputs.connectionString ?? ''
  }
  // The package and the queues are read with the identity as soon as the app exists.
  dependsOn: [access]
}

// azd hands outputs to its hooks as environment variables under these names.

@description('The address of the site.')
output SITE_URL string = app.outputs.url

@description('The function app that a package is deployed to.')
output AZURE_FUNCTION_APP_NAME string = app.outputs.name

@description('The storage account that holds everything.')
output AZURE_STORAGE_ACCOUNT_NAME string = storage.outputs.name
