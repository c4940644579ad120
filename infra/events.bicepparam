using 'events.bicep'

// azd sets these names from the outputs of main.bicep.
param functionAppName = readEnvironmentVariable('AZURE_FUNCTION_APP_NAME', '')
param storageAccountName = readEnvironmentVariable('AZURE_STORAGE_ACCOUNT_NAME', '')
param prefix = readEnvironmentVariable('CLOUDREVE_PREFIX', 'cloudreve')
param location = readEnvironmentVariable('AZURE_LOCATION', 'northeurope')
param tags = { 'azd-env-name': readEnvironmentVariable('AZURE_ENV_NAME', 'cloudreve') }
