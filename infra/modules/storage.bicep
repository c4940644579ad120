// The storage account: tables hold the metadata, blobs the files, queues the work.
// The app creates its tables itself, and the host its task hub; declared here is what triggers and the deployment need beforehand.

param name string
param location string
param tags object
param sku string
param prefix string
param allowSharedKeyAccess bool
param allowedOrigins string[]

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: allowSharedKeyAccess
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Browsers send and fetch file content directly, with short-lived signatures; so the endpoint stays reachable.
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Allow'
      bypass: 'AzureServices'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      cors: {
        corsRules: [
          {
            allowedOrigins: allowedOrigins
            allowedMethods: ['GET', 'HEAD', 'PUT', 'OPTIONS']
            allowedHeaders: ['*']
            exposedHeaders: ['*']
            maxAgeInSeconds: 3600
          }
        ]
      }
    }

    // The seeded storage policy. What appears below imports/{user id}/ here is imported into that user's drive.
    resource files 'containers' = {
      name: '${prefix}-files'
    }

    resource packages 'containers' = {
      name: '${prefix}-packages'
    }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource thumbnails 'queues' = {
      name: '${prefix}-thumbnails'
    }

    resource mails 'queues' = {
      name: '${prefix}-mails'
    }
  }

  resource tables 'tableServices' = {
    name: 'default'
  }
}

output name string = account.name
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${account::blobs::packages.name}'
